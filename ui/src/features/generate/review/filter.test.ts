import { expect, test } from "vitest";
import { EVERYTHING, isFiltered, questionOf } from "./filter";

test("nothing chosen asks for everything of the person", () => {
  expect(questionOf(EVERYTHING, "me", "batch_1")).toEqual({ subject: "me" });
  expect(isFiltered(EVERYTHING)).toBe(false);
  expect(isFiltered({ ...EVERYTHING, text: "  " })).toBe(false);
});

test("what is chosen narrows it, qualities on the scale of the API", () => {
  const filter = { ...EVERYTHING, status: "rejected" as const, from: 6.5, to: 7, text: " dragon ", isFresh: true };
  expect(questionOf({ ...filter, isOfBatch: true }, "me", "batch_1")).toEqual({
    subject: "me",
    batch: "batch_1",
    status: "rejected",
    minQuality: 0.65,
    maxQuality: 0.7,
    text: "dragon",
    reviewed: false,
  });
  expect(isFiltered(filter)).toBe(true);
});

test("without a batch there is none to stay in", () => {
  expect(questionOf({ ...EVERYTHING, isOfBatch: true }, "me", undefined)).toEqual({ subject: "me" });
});
