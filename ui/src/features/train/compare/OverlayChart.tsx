// The loss curves of several runs on one chart. A run is a colour, and from the fourth a dash; training is a line,
// validation has points. Names stand at the ends of the lines.

import { LineChart } from "@mantine/charts";
import { Box, Group, Text, VisuallyHidden } from "@mantine/core";
import { memo } from "react";
import type { Curves, Run } from "../../../api/types";
import { count, duration, measure, setting } from "../../../components/quantity";
import { ticksTo } from "../../../components/ticks";
import { words } from "../words";
import { type Axis, overlay } from "./curves";
import { EndLabels } from "./EndLabels";
import { colorOf, dashOf } from "./lines";
import classes from "./OverlayChart.module.css";

const t = words.compare;

export type Shown = "both" | "training" | "validation";

interface OverlayChartProps {
  runs: { run: Run; curves: Curves }[];
  axis: Axis;
  shown: Shown;
}

export default memo(function OverlayChart({ runs, axis, shown }: OverlayChartProps) {
  const wanted = runs.map(({ curves }) => ({
    points: curves.points,
    validation: shown === "training" ? [] : curves.validation,
  }));
  const rows = overlay(wanted, axis).map((row) => (shown === "validation" ? withoutTraining(row) : row));
  const values = rows.flatMap(({ at: _, ...losses }) => Object.values(losses));
  const ticks = ticksTo(Math.max(0, ...values));
  const end = rows.at(-1)?.at ?? 0;
  const series = runs.flatMap(({ run }, index) => [
    ...(shown === "validation" ? [] : [{ name: `t${index}`, label: run.runIdentifier, color: colorOf(index) }]),
    ...(wanted[index]?.validation.length
      ? [{ name: `v${index}`, label: `${run.runIdentifier}, ${words.chart.validation}`, color: colorOf(index) }]
      : []),
  ]);
  return (
    <Box component="figure" m={0} data-testid="overlay" data-lines={series.length}>
      <VisuallyHidden component="figcaption">{runs.map(summary).join(". ")}</VisuallyHidden>
      <Key shown={shown} />
      <LineChart
        h={HEIGHT}
        data={rows}
        dataKey="at"
        series={series}
        withDots={false}
        curveType="linear"
        gridAxis="x"
        tickLine="none"
        xAxisProps={{
          type: "number",
          domain: [0, end],
          ticks: ticksTo(end).filter((tick) => tick <= end),
          interval: 0,
        }}
        yAxisProps={{ domain: [0, ticks.at(-1) ?? 1], ticks, interval: 0, width: 52, tickFormatter: setting }}
        valueFormatter={measure}
        lineProps={({ name, color }) => ({
          isAnimationActive: false,
          ...(name.startsWith("v")
            ? { strokeWidth: 1, strokeOpacity: 0.75, dot: { r: 2.5, fill: color } }
            : { strokeWidth: 2, strokeDasharray: dashOf(Number(name.slice(1))) }),
        })}
        lineChartProps={{ margin: { top: 8, right: LABELS, bottom: 30 } }}
        xAxisLabel={t.axisName[axis]}
        tooltipAnimationDuration={0}
        tooltipProps={{ labelFormatter: (at) => t.at[axis](writePlace(Number(at), axis)) }}
      >
        <EndLabels rows={rows} names={runs.map(({ run }) => run.runIdentifier)} width={LABELS} />
      </LineChart>
    </Box>
  );
});

const HEIGHT = 360;
/** Room at the right for names. */
const LABELS = 184;

function Key({ shown }: { shown: Shown }) {
  return (
    <Group gap="md" mb="xs" aria-hidden>
      {shown === "validation" ? null : <Sample className={classes.training} label={t.training} />}
      {shown === "training" ? null : <Sample className={classes.validation} label={t.validation} />}
    </Group>
  );
}

function Sample({ className, label }: { className: string | undefined; label: string }) {
  return (
    <Group gap={6}>
      <span className={className} />
      <Text fz="xs" c="dimmed">
        {label}
      </Text>
    </Group>
  );
}

function withoutTraining<Row extends { at: number }>(row: Row): Row {
  return Object.fromEntries(Object.entries(row).filter(([name]) => !name.startsWith("t"))) as Row;
}

function summary({ run, curves }: { run: Run; curves: Curves }): string {
  const last = curves.points.at(-1);
  const training = t.summary(run.runIdentifier, last ? measure(last.loss) : words.run.unknownRead);
  if (curves.validation.length === 0) return training;
  const best = Math.min(...curves.validation.map(({ loss }) => loss));
  return `${training}. ${t.summaryValidation(run.runIdentifier, measure(best))}`;
}

function writePlace(at: number, axis: Axis): string {
  if (axis === "time") return duration(at);
  return axis === "step" ? count(Math.round(at)) : setting(at);
}
