import { expect, test } from "vitest";
import { spread } from "./spread";

test("labels with room stay where their lines end", () => {
  expect(spread([80, 10, 40], 16, 0, 100)).toEqual([80, 10, 40]);
});

test("labels of lines that end together stand apart, in the order of the lines", () => {
  expect(spread([50, 51, 50], 16, 0, 100)).toEqual([50, 82, 66]);
});

test("labels do not leave the chart at its foot", () => {
  expect(spread([99, 98], 16, 0, 100)).toEqual([100, 84]);
});
