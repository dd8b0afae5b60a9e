// The training page: what to train at the left, what comes of it at the right, what there was below.

import { Box, Button, Stack, Title } from "@mantine/core";
import { useElementSize } from "@mantine/hooks";
import { useCallback, useRef } from "react";
import { activeRun, useAllRuns } from "../../api/runs";
import type { Run } from "../../api/types";
import classes from "../../components/columns.module.css";
import { AskCard } from "./ask/AskCard";
import { type Pick, RunForm } from "./form/RunForm";
import { RunHistory } from "./history/RunHistory";
import { goToRun, usePlace } from "./place";
import { QueueCard } from "./run/QueueCard";
import { RunCard, RunCardEmpty, RunCardSkeleton } from "./run/RunCard";
import { words } from "./words";

export function TrainPage({ pick }: { pick: Pick }) {
  const all = useAllRuns();
  const { runs } = all;
  const outcome = useRef<HTMLDivElement>(null);
  const { ref: column, height } = useElementSize<HTMLDivElement>();
  const { runId: selectedId, wantsComparison } = usePlace();
  const active = runs && activeRun(runs);
  const shown = runs?.find((run) => run.id === selectedId) ?? active ?? runs?.[0];
  // While nothing is chosen by hand, a run in progress must not take away the model that can be asked already.
  const asked = selectedId || shown?.status === "completed" ? shown : runs?.find(isCompleted);

  /** Without an id: the active run, or else the newest. */
  const bringIntoSight = useCallback((runId?: string) => {
    goToRun(runId);
    outcome.current?.scrollIntoView({ block: "start" });
  }, []);
  const showActive = useCallback(() => bringIntoSight(), [bringIntoSight]);

  return (
    <Box className={classes.page}>
      <Title order={1} mb="md">
        {words.title}
      </Title>
      <Box className={classes.columns}>
        <RunForm pick={pick} onStarted={showActive} />
        <div ref={outcome} className={classes.outcome}>
          <Stack ref={column} gap="md" className={classes.sticky} __vars={{ "--column-height": `${height}px` }}>
            {all.newest.isPending ? <RunCardSkeleton /> : null}
            {runs && !shown ? <RunCardEmpty /> : null}
            {shown ? (
              <RunCard
                key={shown.id}
                run={shown}
                parent={runs?.find(({ id }) => id === shown.resumedFrom)}
                onSelect={bringIntoSight}
                onResumed={showActive}
                aside={
                  active && active.id !== shown.id ? (
                    <Button variant="subtle" size="compact-sm" onClick={showActive}>
                      {words.run.backToActive}
                    </Button>
                  ) : null
                }
              />
            ) : null}
            {runs ? <QueueCard runs={runs} /> : null}
            {runs ? (
              <AskCard key={wantsComparison ? asked?.id : undefined} run={asked} comparing={wantsComparison} />
            ) : null}
          </Stack>
        </div>
      </Box>
      <RunHistory all={all} shownId={shown?.id} onSelect={bringIntoSight} onResumed={showActive} />
    </Box>
  );
}

function isCompleted(run: Run): boolean {
  return run.status === "completed";
}
