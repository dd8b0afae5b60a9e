import { expect, test } from "vitest";
import type { Point } from "../../../api/types";
import { lowest, rowsOf } from "./rows";

const evaluation = (step: number, loss: number) => ({ step, epoch: 1, loss });

test("an evaluation joins the row of its step or stands between two", () => {
  const points = [{ step: 1 }, { step: 5 }] as Point[];
  expect(rowsOf(points, [4, 2], [3.5, 2.5], [evaluation(3, 3), evaluation(5, 2.8)])).toEqual([
    { step: 1, measured: 4, smoothed: 3.5 },
    { step: 3, validation: 3 },
    { step: 5, measured: 2, smoothed: 2.5, validation: 2.8 },
  ]);
});

test("of equally good evaluations the first is the best", () => {
  expect(lowest([evaluation(1, 3), evaluation(2, 2), evaluation(3, 2)])?.step).toBe(2);
  expect(lowest([])).toBeUndefined();
});
