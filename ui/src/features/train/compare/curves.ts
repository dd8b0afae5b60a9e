// The curves of several runs over one axis, as the rows that a chart takes.

import type { Curves, Point } from "../../../api/types";
import { smoothed } from "../charts/smoothing";

export type Axis = "step" | "epoch" | "time";

/** Values by the place on the axis (`at`) and the name of the series: `t0`, `v0` for the first run. */
export type OverlayRow = { at: number } & Record<string, number>;

/** As many places as a wide chart has pixels worth looking at. */
const PLACES = 240;

/**
 * Training curves smoothed, then read at the same places for every run, so that one look compares them all; between
 * two points the line between them counts. Evaluations stay exactly where they were made.
 */
export function overlay(runs: Curves[], axis: Axis): OverlayRow[] {
  const lines = runs.map(({ points }) => ({
    at: points.map((point) => placeOf(point, axis)),
    loss: smoothed(points.map(({ loss }) => loss)),
  }));
  const evaluations = runs.map(({ points, validation }) =>
    validation.map(({ step, epoch, loss }) => ({
      at: axis === "epoch" ? epoch : placeOfStep(points, step, axis),
      loss,
    })),
  );
  const end = Math.max(0, ...lines.flatMap(({ at }) => at.slice(-1)));
  const places = new Set(Array.from({ length: PLACES + 1 }, (_, index) => (index * end) / PLACES));
  for (const { at } of lines) for (const edge of [at[0], at.at(-1)]) if (edge !== undefined) places.add(edge);
  for (const { at } of evaluations.flat()) places.add(at);

  return [...places]
    .sort((a, b) => a - b)
    .map((at) => {
      const row: OverlayRow = { at };
      lines.forEach((line, run) => {
        const loss = between(line.at, line.loss, at);
        if (loss !== undefined) row[`t${run}`] = loss;
      });
      evaluations.forEach((made, run) => {
        const here = made.find((evaluation) => evaluation.at === at);
        if (here) row[`v${run}`] = here.loss;
      });
      return row;
    });
}

function placeOf(point: Point, axis: Axis): number {
  if (axis === "step") return point.step;
  return axis === "epoch" ? point.epoch : point.elapsedSeconds;
}

/** An evaluation knows its step; the time is that of the training around it. */
function placeOfStep(points: Point[], step: number, axis: Axis): number {
  if (axis === "step") return step;
  const [first, last] = [points[0], points.at(-1)];
  if (!first || !last) return 0;
  const near = Math.min(Math.max(step, first.step), last.step);
  const steps = points.map((point) => point.step);
  return (
    between(
      steps,
      points.map((point) => point.elapsedSeconds),
      near,
    ) ?? 0
  );
}

/** The value at `at` on the line through the points; undefined outside them. `places` ascend. */
function between(places: number[], values: number[], at: number): number | undefined {
  let [low, high] = [0, places.length - 1];
  const [first, last] = [places[low], places[high]];
  if (first === undefined || last === undefined || at < first || at > last) return undefined;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if ((places[middle] ?? 0) <= at) low = middle;
    else high = middle;
  }
  const [left = 0, right = 0] = [places[low], places[high]];
  const [from = 0, to = 0] = [values[low], values[high]];
  return right > left ? from + ((to - from) * (at - left)) / (right - left) : from;
}
