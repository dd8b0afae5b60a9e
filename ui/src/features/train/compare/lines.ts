// How the lines of runs are told apart: three colours that are apart for everybody, and their dashed companions.

/** As many runs as can be told apart on one chart. */
export const MOST_RUNS = 6;

export function colorOf(index: number): string {
  return `var(--attune-run-${index + 1})`;
}

export function dashOf(index: number): string | undefined {
  return index < 3 ? undefined : "7 4";
}
