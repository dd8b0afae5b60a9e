// The numbers of a run as typed. An empty field is left out of the request, and Attune takes its default.

import { useForm } from "@mantine/form";

const EMPTY = {
  epochs: "" as Typed,
  maxSamples: "" as Typed,
  batchSize: "" as Typed,
  learningRate: "" as Typed,
  seed: "" as Typed,
  sourceMaxTokens: "" as Typed,
  targetMaxTokens: "" as Typed,
};

/** A NumberInput holds a string while its text is not (yet) a number. */
type Typed = number | string;

export type Parameters = typeof EMPTY;
export type ParametersForm = ReturnType<typeof useParameters>;

export function useParameters() {
  return useForm<Parameters>({ initialValues: EMPTY });
}

/** Those fields that hold a number. */
export function requestOf(typed: Parameters): { [Name in keyof Parameters]?: number } {
  return Object.fromEntries(Object.entries(typed).filter(([, value]) => typeof value === "number"));
}
