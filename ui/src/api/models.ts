// Who can be asked: a base, the adapter of a completed run, an adapter folder. A choice is one text, as fields hold it.

import type { Base, Question, Run } from "./types";

export type Choice = { kind: "base"; name: string } | { kind: "run"; id: string } | { kind: "folder"; path: string };

/** What a pane begins with once somebody wants a folder. */
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
  switch (text.slice(0, at)) {
    case "base":
      return { kind: "base", name: rest };
    case "run":
      return { kind: "run", id: rest };
    case "folder":
      return { kind: "folder", path: rest };
    default:
      return undefined;
  }
}

/** Undefined where the choice names nothing that can be asked: a run that was deleted, a folder not yet named. */
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
  const path = choice?.path.trim();
  return path ? { name: path, isTuned: true, asks: { adapter: path } } : undefined;
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
