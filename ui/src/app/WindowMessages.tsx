// Answers what the window says: the question of closing, and the next step that was chosen in a notice.

import { useEffect, useState } from "react";
import { useRuns } from "../api/runs";
import { ClosingQuestion } from "../features/closing/ClosingQuestion";
import { ExportDialog } from "../features/export/ExportDialog";
import { placeOf } from "../features/train/place";
import type { PageWindow, WindowMessage } from "../platform";

export function WindowMessages({ window: pageWindow }: { window: PageWindow }) {
  const [message, setMessage] = useState<WindowMessage>();
  useEffect(() => pageWindow.follow(setMessage), [pageWindow]);
  const runs = useRuns().data;
  const done = () => setMessage(undefined);

  useEffect(() => {
    if (message?.kind !== "nextStep") return;
    location.hash = placeOf(message.runId, message.step === "compare" ? message.step : undefined);
  }, [message]);

  if (message?.kind === "closing") {
    const answer = async (given: Parameters<PageWindow["answerClosing"]>[0]) => {
      await pageWindow.answerClosing(given);
      done();
    };
    return <ClosingQuestion tray={message.tray} onAnswer={answer} onStay={done} />;
  }
  if (message?.kind === "nextStep" && message.step === "export") {
    const run = runs?.find(({ id }) => id === message.runId);
    return run ? <ExportDialog run={run} onClose={done} /> : null;
  }
  return null;
}
