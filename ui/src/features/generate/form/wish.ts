// What a person wants generated, as chosen on the page, and the request that it makes.

import { choiceOf } from "../../../api/models";
import type { BatchRequest, Endpoint, GeneratorChoice, Run } from "../../../api/types";

type Typed = number | string;

export interface Wish {
  numExamples: Typed;
  /** None: all. */
  genres: string[];
  /** Null: all. */
  styles: string[] | null;
  /** As `api/models` writes choices; null: what Attune takes where nothing is said. */
  generators: string[] | null;
  storeInMemory: boolean;
  candidates: Typed;
  untilKept: boolean;
  /** The id of an endpoint; null: none. */
  judge: string | null;
  references: Typed;
  seed: Typed;
  twinThreshold: number;
}

/** From which likeness on texts are twins, where nobody has another wish. */
export const TWINS_FROM = 0.5;

export const FEWEST = 1;
export const MOST = 500;

export const NOTHING_CHOSEN: Wish = {
  numExamples: 50,
  genres: [],
  styles: null,
  generators: null,
  storeInMemory: false,
  candidates: "",
  untilKept: false,
  judge: null,
  references: "",
  seed: "",
  twinThreshold: TWINS_FROM,
};

/** Whether the number can be asked for. */
export function isCountable(numExamples: Typed): numExamples is number {
  return typeof numExamples === "number" && numExamples >= FEWEST && numExamples <= MOST;
}

/** What there is of what was chosen earlier: it may be gone from a person's files or settings since. */
export interface Known {
  genres: string[];
  styles: string[];
  endpoints: Endpoint[];
}

export function requestOf(wish: Wish, generators: GeneratorChoice[], known: Known): BatchRequest {
  const { numExamples, genres, styles, storeInMemory, candidates, untilKept, references, seed, twinThreshold } = wish;
  const judge = known.endpoints.find(({ id }) => id === wish.judge);
  const number = (name: string, value: Typed) => (typeof value === "number" ? { [name]: value } : {});
  return {
    numExamples: Number(numExamples),
    genres: genres.filter((name) => known.genres.includes(name)),
    ...(styles ? { styles: styles.filter((style) => known.styles.includes(style)) } : {}),
    generators,
    storeInMemory,
    untilKept,
    twinThreshold,
    ...(judge ? { judge: judge.id } : {}),
    ...number("candidates", candidates),
    ...number("references", references),
    ...number("seed", seed),
  };
}

/** Undefined where the choice names nothing that is there, or a path is not yet named. */
export function generatorOf(choice: string, runs: Run[], endpoints: Endpoint[]): GeneratorChoice | undefined {
  const chosen = choiceOf(choice);
  switch (chosen?.kind) {
    case "base":
      return local({ baseModel: chosen.name });
    case "run": {
      const run = runs.find(({ id }) => id === chosen.id);
      return run && local({ adapter: run.runDirectory });
    }
    case "folder":
      return chosen.path.trim() === "" ? undefined : local({ adapter: chosen.path.trim() });
    case "file":
      return chosen.path.trim() === "" ? undefined : { kind: "local_chat", file: chosen.path.trim() };
    case "endpoint":
      return endpoints.some(({ id }) => id === chosen.id) ? { kind: "endpoint", endpoint: chosen.id } : undefined;
    default:
      return undefined;
  }
}

function local(what: { baseModel?: string; adapter?: string }): GeneratorChoice {
  return { kind: "local_t5", ...what };
}

/** Endpoints that a request goes to and that are not on this computer: writers and judge, each once. */
export function elsewhereOf({ generators = [], judge }: BatchRequest, endpoints: Endpoint[]): Endpoint[] {
  const asked = [...generators.map((one) => (one.kind === "endpoint" ? one.endpoint : undefined)), judge];
  return endpoints.filter(({ id, local }) => !local && asked.includes(id));
}
