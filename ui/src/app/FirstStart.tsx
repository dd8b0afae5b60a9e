// Shows the first start in the place of the usual pages, as long as it is wanted.

import { type ReactNode, useState } from "react";
import { useFirstStart } from "../api/firstStart";
import { LossCurve } from "../features/train/charts/RunCurves";
import { StopButton } from "../features/train/run/StopRun";
import { Welcome } from "../features/welcome/Welcome";
import { words } from "./words";

export function FirstStart({ children }: { children: ReactNode }) {
  const { data: first, isPending } = useFirstStart();
  // Decided once: a result that has been seen is no longer wanted, and stays until the person goes on.
  const [isLeft, leave] = useState(false);
  const [isBegun, begin] = useState(false);
  if (isPending) return null;
  const isShown = first !== undefined && !isLeft && (first.wanted || isBegun);
  if (isShown && !isBegun) begin(true);
  if (!isShown) return children;
  return (
    <>
      <Welcome
        first={first}
        name={words.name}
        curve={(run) => <LossCurve run={run} />}
        stop={(run) => <StopButton run={run} />}
        onLeave={() => leave(true)}
      />
      {/* Tooltips and menus are drawn here, as in the frame. */}
      <div id="overlays" />
    </>
  );
}
