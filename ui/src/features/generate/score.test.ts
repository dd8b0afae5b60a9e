import { expect, test } from "vitest";
import { binsOf, score } from "./score";

test("what is below the line never reads as on it", () => {
  expect([0, 0.6999, 0.7, 0.29, 0.855, 1].map(score)).toEqual(["0.0", "6.9", "7.0", "2.9", "8.5", "10.0"]);
});

test("each interval stands on one side of the line", () => {
  const bins = binsOf(Array.from({ length: 20 }, () => 1));
  expect(bins.filter(({ below }) => below === 1).at(-1)?.to).toBeCloseTo(7);
  expect(bins.filter(({ above }) => above === 1)[0]?.from).toBeCloseTo(7);
  expect(bins.filter(({ below, above }) => below !== undefined && above !== undefined)).toEqual([]);
});
