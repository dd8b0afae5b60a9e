import { expect, test } from "vitest";
import { activeRun, mergePoints, progressOf, queuedRuns, withOlder } from "./runs";
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

test("the queue begins with the run that waits longest", () => {
  const runs = [
    { id: "3", status: "queued" },
    { id: "2", status: "running" },
    { id: "1", status: "queued" },
  ] as Run[];
  expect(queuedRuns(runs).map(({ id }) => id)).toEqual(["1", "3"]);
});

test("older runs follow the newest, which are shown as they are now", () => {
  const [now, before] = [{ id: "2", step: 7 } as Run, { id: "2", step: 6 } as Run];
  expect(withOlder([now], [before, { id: "1" } as Run])).toEqual([now, { id: "1" }]);
});
