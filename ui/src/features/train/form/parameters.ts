// The settings of a run as typed. An empty field is left out of the request, and Attune takes its default.

import { useForm } from "@mantine/form";
import type { Method, RunRequest } from "../../../api/types";

/** A NumberInput holds a string while its text is not (yet) a number. */
type Typed = number | string;

const NUMBERS = {
  epochs: "" as Typed,
  maxSamples: "" as Typed,
  promptRows: "" as Typed,
  loraRank: "" as Typed,
  loraAlpha: "" as Typed,
  batchSize: "" as Typed,
  accumulationSteps: "" as Typed,
  learningRate: "" as Typed,
  warmupSteps: "" as Typed,
  gradientClip: "" as Typed,
  weightDecay: "" as Typed,
  dropout: "" as Typed,
  patience: "" as Typed,
  validationSteps: "" as Typed,
  batchTokens: "" as Typed,
  sourceMaxTokens: "" as Typed,
  targetMaxTokens: "" as Typed,
  seed: "" as Typed,
};

export const EMPTY = {
  ...NUMBERS,
  initialPrompt: null as NonNullable<RunRequest["initialPrompt"]> | null,
  initialText: "",
  decay: null as NonNullable<RunRequest["decay"]> | null,
  precision: null as NonNullable<RunRequest["precision"]> | null,
  loraTargets: [] as string[],
  selfCheck: true,
};

export type NumberName = keyof typeof NUMBERS;
export type Parameters = typeof EMPTY;
export type ParametersForm = ReturnType<typeof useParameters>;

export function useParameters() {
  return useForm<Parameters>({ initialValues: EMPTY });
}

/** Settings that only one method has. Attune refuses them with the other, so they are not sent along unseen. */
const ONLY: Partial<Record<keyof Parameters, Method>> = {
  promptRows: "soft-prompt",
  initialPrompt: "soft-prompt",
  initialText: "soft-prompt",
  loraRank: "lora",
  loraAlpha: "lora",
  loraTargets: "lora",
};

function isFor(method: Method | undefined, name: keyof Parameters): boolean {
  return (ONLY[name] ?? method) === method;
}

/** What was chosen, for a run with this method; without one, for an adapter that says itself what it is. */
export function requestOf(typed: Parameters, method: Method | undefined): RunRequest {
  const numbers = Object.keys(NUMBERS).filter((name) => typeof typed[name as NumberName] === "number");
  const chosen: RunRequest = {
    ...Object.fromEntries(numbers.map((name) => [name, typed[name as NumberName]])),
    ...(typed.initialPrompt ? { initialPrompt: typed.initialPrompt } : {}),
    ...(typed.initialPrompt === "text" ? { initialText: typed.initialText } : {}),
    ...(typed.decay ? { decay: typed.decay } : {}),
    ...(typed.precision ? { precision: typed.precision } : {}),
    ...(typed.loraTargets.length > 0 ? { loraTargets: typed.loraTargets } : {}),
    ...(typed.selfCheck ? {} : { skipSelfCheck: true }),
  };
  return Object.fromEntries(Object.entries(chosen).filter(([name]) => isFor(method, name as keyof Parameters)));
}

/** The field of the form that shows what the API says about `field`; undefined where none does. */
export function fieldOf(field: string): keyof Parameters | undefined {
  if (field === "skipSelfCheck") return "selfCheck";
  return field in EMPTY ? (field as keyof Parameters) : undefined;
}
