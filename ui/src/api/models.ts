// Who can be asked: a base, the adapter of a completed run, an adapter folder; and who can only write examples: an
// endpoint, a chat model in a file. A choice is one text, as fields hold it.

import type { Base, Question, Run } from "./types";

export type Choice =
  | { kind: "base"; name: string }
  | { kind: "run" | "endpoint"; id: string }
  | { kind: "folder" | "file"; path: string };

/** What a field begins with once somebody wants a folder. */
export const NO_FOLDER = "folder:";

/** How a model is called for people, and what of a question names it. */
export interface Model {
  name: string;
  isTuned: boolean;
  asks: Pick<Question, "runId" | "adapter" | "baseModel">;
}

export function choiceOf(text: string): Choice | undefined {
  const at = text.indexOf(":");
  const rest = text.slice(at + 1);
  const kind = text.slice(0, at);
  switch (kind) {
    case "base":
      return { kind, name: rest };
    case "run":
    case "endpoint":
      return { kind, id: rest };
    case "folder":
    case "file":
      return { kind, path: rest };
    default:
      return undefined;
  }
}

/**
 * Undefined where the choice names nothing that can be asked: a run that was deleted, a folder not yet named, an
 * endpoint.
 */
export function modelOf(text: string, bases: Base[], runs: Run[]): Model | undefined {
  const choice = choiceOf(text);
  if (choice?.kind === "base") {
    const base = bases.find(({ name }) => name === choice.name);
    return base && { name: base.name, isTuned: false, asks: { adapter: null, baseModel: base.name } };
  }
  if (choice?.kind === "run") {
    const run = runs.find(({ id }) => id === choice.id);
    return run && { name: run.runIdentifier, isTuned: true, asks: { runId: run.id } };
  }
  const path = choice?.kind === "folder" ? choice.path.trim() : undefined;
  return path ? { name: path, isTuned: true, asks: { adapter: path } } : undefined;
}

/** The path that a choice is, as far as it is typed. */
export function typedPath(text: string) {
  const choice = choiceOf(text);
  return choice?.kind === "folder" || choice?.kind === "file" ? choice : undefined;
}

/** The id of the run that a choice names, if it is not among `runs`. */
export function runOutside(text: string, runs: Run[]): string | undefined {
  const choice = choiceOf(text);
  return choice?.kind === "run" && !runs.some(({ id }) => id === choice.id) ? choice.id : undefined;
}

/** Tuned beside its base; without a run the bases that there are. Always two. */
export function firstChoices(bases: Base[], runs: Run[]): string[] {
  const run = runs.find(({ status }) => status === "completed");
  const names = bases.map(({ name }) => name);
  const base = run && names.includes(run.baseModel) ? run.baseModel : names[0];
  const second = run ? base : (names[1] ?? names[0]);
  return [run ? `run:${run.id}` : `base:${base ?? ""}`, `base:${second ?? ""}`];
}
