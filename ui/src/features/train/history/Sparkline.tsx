// The loss curve of a run in the size of a word. Fetched once its row is in sight, and then kept.

import { useInViewport } from "@mantine/hooks";
import { useKeptMetrics } from "../../../api/runs";
import type { Run } from "../../../api/types";
import { measure } from "../../../components/quantity";
import { smoothed } from "../charts/smoothing";
import { words } from "../words";
import classes from "./Sparkline.module.css";
import { lineThrough } from "./sparkline";

const WIDTH = 88;
const HEIGHT = 24;

export function Sparkline({ run }: { run: Run }) {
  const { ref, inViewport } = useInViewport<HTMLDivElement>();
  const { data } = useKeptMetrics(run.id, inViewport && run.startedAt !== null);
  const losses = data?.points.map(({ loss }) => loss) ?? [];
  const [first, last] = [losses[0], losses.at(-1)];
  return (
    <div ref={ref} className={classes.frame} data-testid="sparkline" data-points={losses.length}>
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
