// One series over the steps of a run: as measured, thin; smoothed, thick. The axis starts at zero.

import { LineChart } from "@mantine/charts";
import { Box, Group, Text, VisuallyHidden } from "@mantine/core";
import { memo } from "react";
import type { Point } from "../../api/types";
import { count, setting } from "../../components/quantity";
import classes from "./Curve.module.css";
import { smoothed } from "./smoothing";
import { ticksTo } from "./ticks";
import { words } from "./words";

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
  look: CurveLook;
  /** Where the axis ends: all steps of a run in progress, so that the curve grows into it. */
  lastStep: number;
  height: number;
}

export const Curve = memo(function Curve({ points, look, lastStep, height }: CurveProps) {
  const values = points.map(look.read);
  const smooth = look.isNoisy ? smoothed(values) : [];
  const ticks = ticksTo(Math.max(...values));
  const data = points.map(({ step }, index) => ({ step, measured: values[index], smoothed: smooth[index] }));
  const series = [
    { name: "measured", label: look.isNoisy ? t.each : look.name, color: COLOR },
    ...(look.isNoisy ? [{ name: "smoothed", label: t.smoothed, color: COLOR }] : []),
  ];
  return (
    <Box component="figure" m={0} data-testid="curve" data-points={points.length}>
      <VisuallyHidden component="figcaption">{summary(points, values, look)}</VisuallyHidden>
      {look.isNoisy ? <Key /> : null}
      <LineChart
        h={height}
        data={data}
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
          strokeWidth: name === "smoothed" ? 2 : 1,
          strokeOpacity: look.isNoisy && name === "measured" ? 0.55 : 1,
        })}
        // Room for the name of the axis, and for the half of its last number that stands beyond the end.
        lineChartProps={{ margin: { top: 4, right: 16, bottom: 30 } }}
        xAxisLabel={t.axis}
        tooltipAnimationDuration={0}
        tooltipProps={{ labelFormatter: (step) => t.step(count(Number(step))) }}
      />
    </Box>
  );
});

const COLOR = "var(--attune-tuned)";

/** Says what the lines are, beside them; the tooltip has the values. */
function Key() {
  return (
    <Group gap="md" mb="xs" aria-hidden>
      {[
        { label: t.each, className: classes.thin },
        { label: t.smoothed, className: classes.thick },
      ].map(({ label, className }) => (
        <Group key={label} gap={6}>
          <span className={className} />
          <Text fz="xs" c="dimmed">
            {label}
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

/** Whole steps only, none beyond the last. */
function stepTicks(lastStep: number): number[] {
  return ticksTo(lastStep).filter((step) => Number.isInteger(step) && step <= lastStep);
}
