import { expect, test } from "vitest";
import { smoothed } from "./smoothing";

const rounded = (values: number[]) => values.map((value) => Number(value.toFixed(9)));

test("a straight line stays where it is, without lag, until the last few values", () => {
  const line = Array.from({ length: 100 }, (_, step) => 5 - step / 25);
  expect(rounded(smoothed(line)).slice(0, -5)).toEqual(rounded(line).slice(0, -5));
});

test("noise shrinks", () => {
  const noisy = Array.from({ length: 100 }, (_, step) => 3 + (step % 2 ? 0.5 : -0.5));
  const jump = (values: number[]) => Math.abs((values[60] ?? 0) - (values[61] ?? 0));
  expect(jump(smoothed(noisy))).toBeLessThan(jump(noisy) / 4);
});

test("nothing and one value are left alone", () => {
  expect([smoothed([]), smoothed([2])]).toEqual([[], [2]]);
});
