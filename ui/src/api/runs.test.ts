import { expect, test } from "vitest";
import { activeRun, mergePoints, progressOf } from "./runs";
import type { Point, Run } from "./types";

const point = (step: number, loss = 0) => ({ step, loss }) as Point;

test("points that arrive by two ways are shown once, the later value counting", () => {
  const merged = mergePoints([point(1), point(2), point(3)], [point(2, 9), point(4)]);
  expect(merged.map(({ step, loss }) => [step, loss])).toEqual([
    [1, 0],
    [2, 9],
    [3, 0],
    [4, 0],
  ]);
});

test("no news leaves a curve as it is", () => {
  const known = [point(1)];
  expect(mergePoints(known, [])).toBe(known);
});

test("the running run is the active one, or else the one that waits longest", () => {
  const runs = [
    { id: "3", status: "queued" },
    { id: "2", status: "queued" },
    { id: "1", status: "completed" },
  ] as Run[];
  expect(activeRun(runs)?.id).toBe("2");
  expect(activeRun([{ id: "4", status: "running" } as Run, ...runs])?.id).toBe("4");
});

test("a run without known steps has not begun", () => {
  expect(progressOf({ step: 0, totalSteps: 0 } as Run)).toBe(0);
});
