import { expect, test } from "vitest";
import { secondsLeft } from "./secondsLeft";

test("what is left takes as long as it took lately", () => {
  const samples = [
    { at: 10, done: 100 },
    { at: 12, done: 300 },
  ];
  expect(secondsLeft(samples, 1300)).toBe(10);
});

test("nothing is promised while nothing moves, and nothing once all is here", () => {
  const still = [
    { at: 1, done: 5 },
    { at: 2, done: 5 },
  ];
  expect([secondsLeft([], 9), secondsLeft(still, 9), secondsLeft(still, 5)]).toEqual([undefined, undefined, undefined]);
});
