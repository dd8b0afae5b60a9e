import { expect, test } from "vitest";
import { failureSentences } from "./failures";

test("what came to nothing is told by its kind, the most frequent first, and the judge's apart", () => {
  expect(failureSentences({ empty: 1, judge_no_verdict: 2, timeout: 1200 })).toEqual([
    "Requests without a text: out of time 1,200, empty answers 1.",
    "Requests without a verdict of the judge: against the schema 2.",
  ]);
});

test("a kind that is not known is told by its name, and nothing is told of nothing", () => {
  expect(failureSentences({ new_kind: 1 })).toEqual(["Requests without a text: new_kind 1."]);
  expect(failureSentences({})).toEqual([]);
});
