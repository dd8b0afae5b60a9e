import { expect, test } from "vitest";
import { lineThrough } from "./sparkline";

test("a curve falls from the head at the left to the foot at the right, which is zero", () => {
  expect(lineThrough([4, 2, 0], 88, 24)).toBe("M0.0 1.0L44.0 12.0L88.0 23.0");
});

test("a single value is a line across", () => {
  expect(lineThrough([3], 88, 24)).toBe("M0.0 1.0H88");
});

test("a long curve keeps its ends and loses corners in between", () => {
  const path = lineThrough(
    Array.from({ length: 500 }, (_, index) => 500 - index),
    88,
    24,
  );
  expect(path.split("L")).toHaveLength(44);
  expect(path).toMatch(/^M0\.0 1\.0L.*L88\.0 23\.0$/);
});

test("nothing, and what is no number, draws nothing", () => {
  expect(lineThrough([], 88, 24)).toBe("");
  expect(lineThrough([Number.NaN], 88, 24)).toBe("");
});
