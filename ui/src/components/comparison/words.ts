// Words of base and tuned beside each other.

export const words = {
  exactTitle: "Exactly as expected",
  exactMeaning: (rows: string) =>
    `Answers that are exactly the expected ones, of ${rows} rows that the training never saw`,
  base: "Base",
  tuned: "Tuned",
  of: (exact: string, rows: string, share: string) => `${exact} of ${rows}, ${share}`,
  ofSoFar: (exact: string, rows: string) => `${exact} of ${rows} so far`,
  progress: (done: string, all: string) => `Answered ${done} of ${all} rows`,
  loading: "Loading base and adapter",
  show: "Rows to show",
  all: "All rows",
  missed: "Where tuned differs",
  nothingMissed: "Every answer of the tuned model is exactly as expected.",
  asked: "Asked",
  expected: "Expected",
  isExact: "exactly as expected",
  differs: "differs",
  empty: "no words",
  key: "Underlined words are not the expected ones.",
  more: (rows: string) => `Show all ${rows} rows`,
  rows: "Base and tuned answers, row by row",
};
