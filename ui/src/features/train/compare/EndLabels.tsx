// The names of lines, right of where they end. Drawn inside a chart.

import { usePlotArea, useYAxisScale } from "recharts";
import type { OverlayRow } from "./curves";
import classes from "./EndLabels.module.css";
import { colorOf, dashOf } from "./lines";
import { spread } from "./spread";

interface EndLabelsProps {
  rows: OverlayRow[];
  names: string[];
  /** Room at the right of the plot. */
  width: number;
}

/** Height of a line of text, with air. */
const GAP = 18;
const SAMPLE = 14;

export function EndLabels({ rows, names, width }: EndLabelsProps) {
  const [plot, yOf] = [usePlotArea(), useYAxisScale()];
  if (!plot || !yOf) return null;
  const drawn = names
    .map((name, index) => ({ name, index, loss: lastOf(rows, index) }))
    .filter(({ loss }) => loss !== undefined);
  const heights = drawn.map(({ loss }) => yOf(loss) ?? 0);
  const places = spread(heights, GAP, plot.y + 4, plot.y + plot.height);
  const x = plot.x + plot.width + 8;
  return (
    <g aria-hidden>
      {drawn.map(({ name, index }, place) => (
        <g key={index} transform={`translate(${x} ${places[place] ?? 0})`}>
          <title>{name}</title>
          <line x2={SAMPLE} stroke={colorOf(index)} strokeWidth={3} strokeDasharray={dashOf(index) && "5 3"} />
          <text x={SAMPLE + 6} y={4} className={classes.name}>
            {shortened(name, Math.floor((width - SAMPLE - 20) / CHARACTER))}
          </text>
        </g>
      ))}
    </g>
  );
}

/** About the width of one at 12 pixels. */
const CHARACTER = 6.4;

function lastOf(rows: OverlayRow[], index: number): number | undefined {
  const row = rows.findLast((candidate) => `t${index}` in candidate || `v${index}` in candidate);
  return row?.[`t${index}`] ?? row?.[`v${index}`];
}

/** Its beginning and its end: names that differ usually do so in either. */
function shortened(name: string, most: number): string {
  if (name.length <= most) return name;
  const end = Math.floor((most - 1) / 2);
  return `${name.slice(0, most - 1 - end)}…${name.slice(-end)}`;
}
