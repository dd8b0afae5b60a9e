// Which problem is shown at which field: the one that the API blames, not always the one that was changed.

export interface FieldProblem {
  /** The setting whose change was refused. */
  cause: string;
  /** The setting at which it is shown. */
  at: string;
  message: string;
  hint: string | null;
}

/** A change of `name` was refused: its earlier problem gives way. */
export function withProblem(problems: FieldProblem[], problem: FieldProblem): FieldProblem[] {
  return [...withoutProblemsOf(problems, problem.cause), problem];
}

/** `name` was saved or taken back: what it caused is over, and so is what was said of it. */
export function withoutProblemsOf(problems: FieldProblem[], name: string): FieldProblem[] {
  return problems.filter(({ cause, at }) => cause !== name && at !== name);
}

export function problemAt(problems: FieldProblem[], name: string): FieldProblem | undefined {
  return problems.findLast(({ at }) => at === name);
}
