// Says beside the validation curve what it is, and marks its lowest point. Drawn inside a chart.

import { useXAxisScale, useYAxisScale } from "recharts";
import type { ValidationPoint } from "../../../api/types";
import { words } from "../words";
import { lowest } from "./rows";
import classes from "./ValidationLabels.module.css";

const t = words.chart;

interface ValidationLabelsProps {
  validation: ValidationPoint[];
  /** Where the smoothed training loss ends: the name stands on the other side. */
  trained: number | undefined;
  write: (value: number) => string;
}

export function ValidationLabels({ validation, trained, write }: ValidationLabelsProps) {
  const [xOf, yOf] = [useXAxisScale(), useYAxisScale()];
  const [best, last] = [lowest(validation), validation.at(-1)];
  if (!xOf || !yOf || !best || !last) return null;
  const at = ({ step, loss }: ValidationPoint) => ({ x: xOf(step) ?? 0, y: yOf(loss) ?? 0 });
  const [bestAt, lastAt] = [at(best), at(last)];
  const isAbove = trained === undefined || last.loss >= trained;
  return (
    <g aria-hidden>
      <circle cx={bestAt.x} cy={bestAt.y} r={5} className={classes.best} />
      {best === last ? (
        <Label {...lastAt} isAbove={isAbove} text={`${t.validation}, ${t.best(write(best.loss))}`} />
      ) : (
        <>
          <Label {...lastAt} isAbove={isAbove} text={t.validation} />
          <Label {...bestAt} isAbove={!isAbove} text={t.best(write(best.loss))} />
        </>
      )}
    </g>
  );
}

/** Towards the left of its point, but never beyond the axis. */
function Label({ x, y, isAbove, text }: { x: number; y: number; isAbove: boolean; text: string }) {
  const isNearAxis = x < text.length * 7 + 52;
  return (
    <text
      x={isNearAxis ? x - 4 : x + 4}
      y={isAbove ? y - 10 : y + 20}
      textAnchor={isNearAxis ? "start" : "end"}
      className={classes.label}
    >
      {text}
    </text>
  );
}
