import { expect, test } from "vitest";
import type { Curves, Point } from "../../../api/types";
import { overlay } from "./curves";

const point = (step: number, loss: number) => ({ step, loss, epoch: step / 10, elapsedSeconds: step * 2 }) as Point;

// Smoothed, a curve of two points ends at their mean.
const short: Curves = { points: [point(1, 4), point(5, 2)], validation: [{ step: 3, epoch: 0.3, loss: 3.4 }] };
const long: Curves = { points: [point(1, 6), point(9, 2)], validation: [] };

const at = (rows: ReturnType<typeof overlay>, place: number) => rows.find((row) => row.at === place);

test("runs are compared at the same places, each only where it has been", () => {
  const rows = overlay([short, long], "step");
  expect(at(rows, 5)).toMatchObject({ t0: 3, t1: 5 });
  expect(at(rows, 9)).toEqual({ at: 9, t1: 4 });
  expect(rows.map((row) => row.at)).toEqual(rows.map((row) => row.at).toSorted((a, b) => a - b));
});

test("an evaluation stands exactly where it was made, on every axis", () => {
  expect(at(overlay([short], "step"), 3)).toMatchObject({ v0: 3.4, t0: 3.5 });
  expect(at(overlay([short], "epoch"), 0.3)).toMatchObject({ v0: 3.4 });
  expect(at(overlay([short], "time"), 6)).toMatchObject({ v0: 3.4 });
});

test("a run without a curve takes no place", () => {
  expect(overlay([{ points: [], validation: [] }, long], "step").some((row) => "t0" in row)).toBe(false);
});
