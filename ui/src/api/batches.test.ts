import { expect, test } from "vitest";
import { progressOf, runningBatch, withBatch } from "./batches";
import type { Batch } from "./types";

function batch(id: string, rest: Partial<Batch> = {}): Batch {
  return { id, createdAt: `2026-11-21T10:00:0${id}Z`, status: "completed", ...rest } as Batch;
}

const counted = (attempts: number, kept: number) => ({ tallies: { attempts, kept } as Batch["tallies"] });

test("a changed batch takes its place, a new one comes first", () => {
  const list = [batch("2"), batch("1")];
  expect(withBatch(list, batch("1", { status: "running" })).map(({ status }) => status)).toEqual([
    "completed",
    "running",
  ]);
  expect(withBatch(list, batch("3")).map(({ id }) => id)).toEqual(["3", "2", "1"]);
  expect(runningBatch(list)).toBeUndefined();
});

test("a batch is as far as its attempts, or as what it keeps where that decides", () => {
  const wanted = { numExamples: 50, mostAttempts: 50, untilKept: false };
  expect(progressOf(batch("1", { ...wanted, ...counted(25, 5) }))).toBe(0.5);
  const untilKept = { numExamples: 50, mostAttempts: 150, untilKept: true };
  expect(progressOf(batch("1", { ...untilKept, ...counted(30, 25) }))).toBe(0.5);
  expect(progressOf(batch("1", { ...untilKept, ...counted(120, 10) }))).toBe(0.8);
});
