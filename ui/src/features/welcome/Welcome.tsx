// The first start: one screen from a button to a trained model beside its base. It decides nothing: what is trained,
// and whether this is wanted at all, Attune knows.

import { Box, Group, Text } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { type ReactNode, useState } from "react";
import { useFinishFirstStart } from "../../api/firstStart";
import { isUnfinished, useRuns } from "../../api/runs";
import type { FirstStart, Run } from "../../api/types";
import { Mark } from "../../components/Mark";
import { ProblemNotice } from "../../components/ProblemNotice";
import { Intro } from "./Intro";
import { Outcome } from "./Outcome";
import { Setback } from "./Setback";
import { Training } from "./Training";
import classes from "./Welcome.module.css";
import { words } from "./words";

export interface WelcomeProps {
  first: FirstStart;
  name: string;
  /** Draws the loss of a run as it falls. */
  curve: (run: Run) => ReactNode;
  /** Ends a run, after asking how. */
  stop: (run: Run) => ReactNode;
  /** The person wants the usual pages. */
  onLeave: () => void;
}

export function Welcome({ first, name, curve, stop, onLeave }: WelcomeProps) {
  const runs = useRuns();
  const run = runs.data?.find(({ id }) => id === first.runId);
  const finish = useFinish();
  const [isSeen, see] = useState(false);
  const leave = () => {
    if (!isSeen) finish();
    onLeave();
  };
  /** The result is there: next time Attune begins with its usual pages, however this one is left. */
  const seen = () => {
    see(true);
    finish();
  };
  return (
    <Box component="main" className={classes.page} data-testid="first-start">
      <Group gap="xs" mb="lg">
        <Mark size={28} />
        <Text fw={600} fz="lg">
          {name}
        </Text>
      </Group>
      {!run && runs.error ? <ProblemNotice problem={runs.error} onRetry={() => void runs.refetch()} /> : null}
      {!run ? <Intro sample={first.sample} isKnown={first.runId !== null} onSkip={leave} /> : null}
      {run && isUnfinished(run) ? <Training run={run} curve={curve} stop={stop} onLeave={leave} /> : null}
      {run?.status === "completed" ? <Outcome run={run} onSeen={seen} onLeave={leave} /> : null}
      {run && !isUnfinished(run) && run.status !== "completed" ? <Setback run={run} onLeave={leave} /> : null}
    </Box>
  );
}

function useFinish() {
  const { mutate } = useFinishFirstStart();
  return () =>
    mutate(
      {},
      {
        onError: ({ message }: { message: string }) =>
          notifications.show({
            color: "var(--attune-failure)",
            title: words.couldNotFinish,
            message,
            autoClose: false,
          }),
      },
    );
}
