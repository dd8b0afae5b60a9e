// The training page: what to train at the left, what comes of it at the right, what there was below.

import { Box, Button, Stack, Title } from "@mantine/core";
import { useRef, useState } from "react";
import { activeRun, useRuns } from "../../api/runs";
import type { Run } from "../../api/types";
import { AskCard } from "./AskCard";
import type { PickFile } from "./DatasetCard";
import { RunCard, RunCardEmpty, RunCardSkeleton } from "./RunCard";
import { RunForm } from "./RunForm";
import { RunHistory } from "./RunHistory";
import classes from "./TrainPage.module.css";
import { words } from "./words";

export function TrainPage({ pickFile }: { pickFile?: PickFile }) {
  const { data: runs, isPending } = useRuns();
  const outcome = useRef<HTMLDivElement>(null);
  const [selectedId, select] = useState<string>();
  const active = runs && activeRun(runs);
  const shown = runs?.find((run) => run.id === selectedId) ?? active ?? runs?.[0];
  // While nothing is chosen by hand, a run in progress must not take away the model that can be asked already.
  const asked = selectedId || shown?.status === "completed" ? shown : runs?.find(isCompleted);

  /** Without an id: the active run, or else the newest. */
  const bringIntoSight = (runId?: string) => {
    select(runId);
    outcome.current?.scrollIntoView({ block: "start" });
  };

  return (
    <Box className={classes.page}>
      <Title order={1} mb="md">
        {words.title}
      </Title>
      <Box className={classes.columns}>
        <RunForm pickFile={pickFile} onStarted={() => bringIntoSight()} />
        <div ref={outcome} className={classes.outcome}>
          <Stack gap="md" className={classes.sticky}>
            {isPending ? <RunCardSkeleton /> : null}
            {runs && !shown ? <RunCardEmpty /> : null}
            {shown ? (
              <RunCard
                key={shown.id}
                run={shown}
                aside={
                  active && active.id !== shown.id ? (
                    <Button variant="subtle" size="compact-sm" onClick={() => bringIntoSight()}>
                      {words.run.backToActive}
                    </Button>
                  ) : null
                }
              />
            ) : null}
            {runs ? <AskCard run={asked} /> : null}
          </Stack>
        </div>
      </Box>
      <RunHistory shownId={shown?.id} onSelect={bringIntoSight} />
    </Box>
  );
}

function isCompleted(run: Run): boolean {
  return run.status === "completed";
}
