// How many of each genre were kept.

import { BarChart } from "@mantine/charts";
import { Box, Group, Text, VisuallyHidden } from "@mantine/core";
import { memo } from "react";
import type { BatchTallies } from "../../../api/types";
import { ticksTo } from "../../../components/ticks";
import { words } from "../words";
import classes from "./batch.module.css";
import { Swatch } from "./QualityHistogram";

const t = words.charts;

/** Pixels of a bar with the room around it, and of the axis. */
const EACH = 26;
const AXIS = 34;
/** Letters of a title beside its bar, and pixels of one. */
const LONGEST = 18;
const LETTER = 7.4;

interface GenreBarsProps {
  tallies: BatchTallies["genres"];
  titles: Map<string, string>;
}

export default memo(function GenreBars({ tallies, titles }: GenreBarsProps) {
  const rows = tallies.map(({ genre, attempts, kept }) => ({
    genre: t.genre(shortened(titles.get(genre) ?? genre), kept, attempts),
    kept,
    dropped: attempts - kept,
  }));
  const names = Math.max(...rows.map(({ genre }) => genre.length)) * LETTER + 12;
  const ticks = ticksTo(Math.max(1, ...tallies.map(({ attempts }) => attempts))).filter(Number.isInteger);
  return (
    <Box component="figure" m={0} miw={0} data-testid="genre-bars">
      <Group component="figcaption" gap="md" mb="xs">
        <Text fz="sm" fw={500}>
          {t.genres}
        </Text>
        <Swatch className={classes.above} label={t.kept} />
        <Swatch className={classes.below} label={t.dropped} />
        <VisuallyHidden>{t.genresSummary(rows.map(({ genre }) => genre).join("; "))}</VisuallyHidden>
      </Group>
      <BarChart
        h={rows.length * EACH + AXIS}
        type="stacked"
        orientation="vertical"
        data={rows}
        dataKey="genre"
        series={[
          { name: "kept", label: t.kept, color: "var(--attune-done)" },
          { name: "dropped", label: t.dropped, color: "var(--attune-base)" },
        ]}
        gridAxis="y"
        tickLine="none"
        xAxisProps={{ domain: [0, ticks.at(-1) ?? 1], ticks, interval: 0 }}
        yAxisProps={{ width: names, interval: 0 }}
        barProps={{ isAnimationActive: false }}
        maxBarWidth={14}
        barChartProps={{ margin: { top: 0, right: 16, bottom: 0, left: 0 } }}
        tooltipAnimationDuration={0}
      />
    </Box>
  );
});

function shortened(title: string): string {
  return title.length > LONGEST ? `${title.slice(0, LONGEST - 1)}…` : title;
}
