// Says beside the validation curve what it is, and marks its lowest point. Drawn inside a chart.

import { usePlotArea, useXAxisScale, useYAxisScale } from "recharts";
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
  const [plot, xOf, yOf] = [usePlotArea(), useXAxisScale(), useYAxisScale()];
  const [best, last] = [lowest(validation), validation.at(-1)];
  if (!plot || !xOf || !yOf || !best || !last) return null;
  const [end, foot] = [plot.x + plot.width, plot.y + plot.height];
  const at = ({ step, loss }: ValidationPoint) => ({ x: xOf(step) ?? 0, y: yOf(loss) ?? 0 });
  const [bestAt, lastAt] = [at(best), at(last)];
  const isAbove = trained === undefined || last.loss >= trained;
  return (
    <g aria-hidden>
      <circle cx={bestAt.x} cy={bestAt.y} r={5} className={classes.best} />
      {lastAt.x - bestAt.x < APART ? (
        <Label
          {...lastAt}
          end={end}
          foot={foot}
          isAbove={isAbove}
          text={`${t.validation}, ${t.best(write(best.loss))}`}
        />
      ) : (
        <>
          <Label {...lastAt} end={end} foot={foot} isAbove={isAbove} text={t.validation} />
          <Label {...bestAt} end={end} foot={foot} isAbove={!isAbove} text={t.best(write(best.loss))} />
        </>
      )}
    </g>
  );
}

interface LabelProps {
  x: number;
  y: number;
  /** Right edge of the plot. */
  end: number;
  /** Its lower edge. */
  foot: number;
  isAbove: boolean;
  text: string;
}

/** Right of its point where there is room, as nothing has been drawn there yet. */
function Label({ x, y, end, foot, isAbove, text }: LabelProps) {
  // Below it would lie on the numbers of the axis.
  const stands = isAbove || y + 20 > foot;
  const hasRoom = x + text.length * CHARACTER < end;
  return (
    <text
      x={hasRoom ? x + 8 : x + 4}
      y={stands ? y - 10 : y + 20}
      textAnchor={hasRoom ? "start" : "end"}
      className={classes.label}
    >
      {text}
    </text>
  );
}

/** Closer than this two labels would lie over each other, and one says both. */
const APART = 144;

/** About the width of one at 12 pixels. */
const CHARACTER = 7;
