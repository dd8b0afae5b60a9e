// How many texts have which quality, with the line from which on they are kept.

import { BarChart } from "@mantine/charts";
import { Box, Group, Text, VisuallyHidden } from "@mantine/core";
import { memo } from "react";
import { usePlotArea } from "recharts";
import { count } from "../../../components/quantity";
import { ticksTo } from "../../../components/ticks";
import { binsOf, LINE } from "../score";
import { words } from "../words";
import classes from "./batch.module.css";

const t = words.charts;

const HEIGHT = 200;

export default memo(function QualityHistogram({ histogram }: { histogram: number[] }) {
  const bins = binsOf(histogram);
  const sum = (read: (bin: (typeof bins)[number]) => number | undefined) =>
    bins.reduce((total, bin) => total + (read(bin) ?? 0), 0);
  const ticks = ticksTo(Math.max(1, ...histogram)).filter(Number.isInteger);
  return (
    <Box component="figure" m={0} miw={0} data-testid="histogram">
      <Group component="figcaption" gap="md" mb="xs">
        <Text fz="sm" fw={500}>
          {t.quality}
        </Text>
        <Swatch className={classes.above} label={t.above} />
        <Swatch className={classes.below} label={t.below} />
        <VisuallyHidden>
          {t.qualitySummary(
            sum(({ above }) => above),
            sum(({ below }) => below),
          )}
        </VisuallyHidden>
      </Group>
      <BarChart
        h={HEIGHT}
        type="stacked"
        data={bins.map(({ from, to, ...sides }) => ({ range: t.range(from.toFixed(1), to.toFixed(1)), ...sides }))}
        dataKey="range"
        series={[
          { name: "below", label: t.below, color: "var(--attune-base)" },
          { name: "above", label: t.above, color: "var(--attune-done)" },
        ]}
        gridAxis="x"
        tickLine="none"
        withXAxis={false}
        yAxisProps={{ domain: [0, ticks.at(-1) ?? 1], ticks, interval: 0, width: 36, tickFormatter: count }}
        barProps={{ isAnimationActive: false }}
        // Room for the axis, which is drawn below: its numbers belong to the edges of the bars.
        barChartProps={{ margin: { top: 20, right: 8, bottom: 40 }, barCategoryGap: 1 }}
        tooltipAnimationDuration={0}
        valueFormatter={t.texts}
      >
        <Axis />
      </BarChart>
    </Box>
  );
});

/** The scale from 0 to 10 below the bars, and the line through them. */
function Axis() {
  const plot = usePlotArea();
  if (!plot) return null;
  const [foot, xOf] = [plot.y + plot.height, (share: number) => plot.x + plot.width * share];
  return (
    <g aria-hidden className={classes.axis}>
      {[0, 2, 4, 6, 8, 10].map((tick) => (
        <text key={tick} x={xOf(tick / 10)} y={foot + 16} textAnchor="middle">
          {tick}
        </text>
      ))}
      <text x={xOf(0.5)} y={foot + 34} textAnchor="middle">
        {t.qualityAxis}
      </text>
      <line x1={xOf(LINE)} x2={xOf(LINE)} y1={plot.y - 4} y2={foot} className={classes.line} />
      <text x={xOf(LINE)} y={plot.y - 8} textAnchor="middle" className={classes.lineName}>
        {t.line}
      </text>
    </g>
  );
}

export function Swatch({ className, label }: { className: string | undefined; label: string }) {
  return (
    <Group gap={6} aria-hidden>
      <span className={className} />
      <Text fz="xs" c="dimmed">
        {label}
      </Text>
    </Group>
  );
}
