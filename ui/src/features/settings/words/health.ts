// Words of the doctor's findings.

export const health = {
  title: "What this computer offers",
  meaning: "The same that attune doctor says in a terminal. Looking changes nothing.",
  again: "Run again",
  running: "Looking…",
  verdicts: { good: "Good", warning: "Warning", failure: "Failure" },
  summary: (good: number, all: number) => `${good} of ${all} are good`,
};
