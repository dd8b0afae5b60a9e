// The loss curve of a run in the size of a word. Fetched once its row rests in sight, and then kept.

import { useTimeout } from "@mantine/hooks";
import { useState } from "react";
import { useKeptMetrics } from "../../../api/runs";
import type { Run } from "../../../api/types";
import { measure } from "../../../components/quantity";
import { smoothed } from "../charts/smoothing";
import { words } from "../words";
import classes from "./Sparkline.module.css";
import { lineThrough } from "./sparkline";

const WIDTH = 88;
const HEIGHT = 24;
/** Milliseconds. Of rows that fly past nobody reads the curve. */
const REST = 200;

export function Sparkline({ run }: { run: Run }) {
  const [rests, setRests] = useState(false);
  useTimeout(() => setRests(true), REST, { autoInvoke: true });
  const { data } = useKeptMetrics(run.id, rests && run.startedAt !== null);
  const losses = data?.points.map(({ loss }) => loss) ?? [];
  const [first, last] = [losses[0], losses.at(-1)];
  return (
    <div className={classes.frame} data-testid="sparkline" data-points={losses.length}>
      {first === undefined || last === undefined ? null : (
        <svg
          width={WIDTH}
          height={HEIGHT}
          role="img"
          aria-label={words.history.curveOf(run.runIdentifier, measure(first), measure(last))}
        >
          <path d={lineThrough(smoothed(losses), WIDTH, HEIGHT)} className={classes.line} />
        </svg>
      )}
    </div>
  );
}
