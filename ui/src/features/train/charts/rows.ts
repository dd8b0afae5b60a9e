// Several curves over the same steps, as the rows that a chart takes.

import type { Point, ValidationPoint } from "../../../api/types";

interface Row {
  step: number;
  measured?: number | undefined;
  smoothed?: number | undefined;
  validation?: number;
}

/** By step. An evaluation joins the row of its step, or stands between two: curves hold chosen steps only. */
export function rowsOf(points: Point[], measured: number[], smoothed: number[], validation: ValidationPoint[]): Row[] {
  const rows = new Map<number, Row>();
  points.forEach(({ step }, index) => {
    rows.set(step, { step, measured: measured[index], smoothed: smoothed[index] });
  });
  for (const { step, loss } of validation) rows.set(step, { ...rows.get(step), step, validation: loss });
  return [...rows.values()].sort((a, b) => a.step - b.step);
}

/** The first evaluation with the lowest loss, which is the one whose adapter is kept. */
export function lowest(validation: ValidationPoint[]): ValidationPoint | undefined {
  return validation.reduce<ValidationPoint | undefined>(
    (best, point) => (best && best.loss <= point.loss ? best : point),
    undefined,
  );
}
