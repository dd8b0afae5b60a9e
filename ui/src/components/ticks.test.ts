import { expect, test } from "vitest";
import { ticksTo } from "./ticks";

test("ticks are round and cover the largest value", () => {
  expect([4.6, 57, 0.00031, 10].map(ticksTo)).toEqual([
    [0, 1, 2, 3, 4, 5],
    [0, 20, 40, 60],
    [0, 0.0001, 0.0002, 0.0003, 0.0004],
    [0, 2, 4, 6, 8, 10],
  ]);
});

test("an axis of nothing but zeros still has a height", () => {
  expect(ticksTo(0)).toEqual([0, 1]);
});
