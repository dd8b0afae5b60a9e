// The curves of one quantity over the steps of a run: as measured, thin; smoothed, thick; on held-out rows, with
// points. The axis starts at zero.

import { LineChart } from "@mantine/charts";
import { Box, Group, Text, VisuallyHidden } from "@mantine/core";
import { memo } from "react";
import type { Point, ValidationPoint } from "../../../api/types";
import { count, setting } from "../../../components/quantity";
import { ticksTo } from "../../../components/ticks";
import { words } from "../words";
import classes from "./Curve.module.css";
import { lowest, rowsOf } from "./rows";
import { smoothed } from "./smoothing";
import { ValidationLabels } from "./ValidationLabels";

const t = words.chart;

export interface CurveLook {
  name: string;
  read: (point: Point) => number;
  write: (value: number) => string;
  /** A noisy series gets a smoothed one beside it. */
  isNoisy: boolean;
}

interface CurveProps {
  points: Point[];
  /** The same quantity on held-out rows; empty where it has none. */
  validation: ValidationPoint[];
  look: CurveLook;
  /** Where the axis ends: all steps of a run in progress, so that the curve grows into it. */
  lastStep: number;
  height: number;
}

export default memo(function Curve({ points, validation, look, lastStep, height }: CurveProps) {
  const values = points.map(look.read);
  const smooth = look.isNoisy ? smoothed(values) : [];
  const ticks = ticksTo(Math.max(...values, ...validation.map(({ loss }) => loss)));
  const names = validation.length > 0 ? [t.each, t.smoothed] : [t.eachAlone, t.smoothedAlone];
  const series = [
    { name: "measured", label: look.isNoisy ? names[0] : look.name, color: TRAINING },
    ...(look.isNoisy ? [{ name: "smoothed", label: names[1], color: TRAINING }] : []),
    ...(validation.length > 0 ? [{ name: "validation", label: t.validation, color: VALIDATION }] : []),
  ];
  return (
    <Box component="figure" m={0} data-testid="curve" data-points={points.length} data-evaluations={validation.length}>
      <VisuallyHidden component="figcaption">
        {[summary(points, values, look), ...validationSummary(validation, look)].join(". ")}
      </VisuallyHidden>
      {look.isNoisy ? <Key names={names} /> : null}
      <LineChart
        h={height}
        data={rowsOf(points, values, smooth, validation)}
        dataKey="step"
        series={series}
        withDots={points.length === 1}
        withLegend={false}
        curveType="linear"
        gridAxis="x"
        tickLine="none"
        xAxisProps={{ type: "number", domain: [0, lastStep], ticks: stepTicks(lastStep), interval: 0 }}
        yAxisProps={{ domain: [0, ticks.at(-1) ?? 1], ticks, interval: 0, width: 52, tickFormatter: setting }}
        valueFormatter={look.write}
        lineProps={({ name }) => ({
          isAnimationActive: false,
          strokeWidth: name === "measured" ? 1 : 2,
          strokeOpacity: look.isNoisy && name === "measured" ? 0.55 : 1,
          ...(name === "validation" ? { dot: { r: 2.5, fill: VALIDATION } } : {}),
        })}
        // Room for the name of the axis, and for the half of its last number that stands beyond the end.
        lineChartProps={{ margin: { top: 4, right: 16, bottom: 30 } }}
        xAxisLabel={t.axis}
        tooltipAnimationDuration={0}
        tooltipProps={{ labelFormatter: (step) => t.step(count(Number(step))) }}
      >
        <ValidationLabels validation={validation} trained={smooth.at(-1)} write={look.write} />
      </LineChart>
    </Box>
  );
});

const TRAINING = "var(--attune-tuned)";
const VALIDATION = "var(--attune-validation)";

/** Says what the lines of the training are, beside them; the tooltip has the values. */
function Key({ names }: { names: (string | undefined)[] }) {
  return (
    <Group gap="md" mb="xs" aria-hidden>
      {names.map((name, index) => (
        <Group key={name} gap={6}>
          <span className={index === 0 ? classes.thin : classes.thick} />
          <Text fz="xs" c="dimmed">
            {name}
          </Text>
        </Group>
      ))}
    </Group>
  );
}

function summary(points: Point[], values: number[], { name, write }: CurveLook): string {
  const [first, last] = [points[0], points.at(-1)];
  if (!first || !last) return name;
  return t.summary(name, write(values[0] ?? 0), count(first.step), write(values.at(-1) ?? 0), count(last.step));
}

function validationSummary(validation: ValidationPoint[], { write }: CurveLook): string[] {
  const best = lowest(validation);
  return best ? [t.validationSummary(validation.length, write(best.loss), count(best.step))] : [];
}

/** Whole steps only, none beyond the last. */
function stepTicks(lastStep: number): number[] {
  return ticksTo(lastStep).filter((step) => Number.isInteger(step) && step <= lastStep);
}
