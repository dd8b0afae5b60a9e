// Answers what the window says: the question of closing, and the next step that was chosen in a notice.

import { useEffect, useState } from "react";
import { useRuns } from "../api/runs";
import { ClosingQuestion } from "../features/closing/ClosingQuestion";
import { ExportDialog } from "../features/export/ExportDialog";
import type { PageWindow, WindowMessage } from "../platform";
import { pages } from "./pages";

export function WindowMessages({ window: pageWindow }: { window: PageWindow }) {
  const [message, setMessage] = useState<WindowMessage>();
  useEffect(() => pageWindow.follow(setMessage), [pageWindow]);
  const runs = useRuns().data;
  const done = () => setMessage(undefined);

  // The page that shows a run's result is the first one; a comparison begins there too.
  useEffect(() => {
    if (message?.kind === "nextStep") location.hash = pages[0].id;
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
