// How an answer is to be made, as typed. An empty field is left out of the question.

type Typed = number | string;
type Precision = "auto" | "f32" | "bf16" | "int8";

export const EMPTY = {
  maxNewTokens: "" as Typed,
  temperature: "" as Typed,
  topK: "" as Typed,
  topP: "" as Typed,
  seed: "" as Typed,
  beams: "" as Typed,
  repetitionPenalty: "" as Typed,
  /** Null: the default. */
  precision: null as Precision | null,
  /** One text in each line. */
  stop: "",
};

export type Decoding = typeof EMPTY;

/** The fields of a question that say how it is answered; what is absent has its default. */
export type Chosen = Partial<Record<Exclude<keyof Decoding, "stop" | "precision">, number>> & {
  stop?: string[];
  precision?: Precision;
};

/**
 * What was chosen. `draw` makes a seed where tokens are drawn and none was given: all who are asked draw with the same.
 */
export function decodingOf(typed: Decoding, draw: () => number): Chosen {
  const { stop, precision, ...numbers } = typed;
  const chosen: Chosen = Object.fromEntries(Object.entries(numbers).filter(([, value]) => typeof value === "number"));
  const isDrawn = [chosen.temperature, chosen.topK, chosen.topP].some((value) => value !== undefined);
  const texts = stop.split("\n").filter((text) => text !== "");
  return {
    ...chosen,
    ...(isDrawn && chosen.seed === undefined ? { seed: draw() } : {}),
    ...(texts.length > 0 ? { stop: texts } : {}),
    ...(precision ? { precision } : {}),
  };
}

/** Any of four thousand million: as many as fit a number that people can still copy. */
export function randomSeed(): number {
  return crypto.getRandomValues(new Uint32Array(1))[0] ?? 0;
}
