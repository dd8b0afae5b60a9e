// The training page: what to train at the left, what comes of it at the right, what there was below.

import { Box, Button, Stack, Title } from "@mantine/core";
import { useState } from "react";
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
  const [selectedId, select] = useState<string>();
  const active = runs && activeRun(runs);
  const shown = runs?.find((run) => run.id === selectedId) ?? active ?? runs?.[0];
  // While nothing is chosen by hand, a run in progress must not take away the model that can be asked already.
  const asked = selectedId || shown?.status === "completed" ? shown : runs?.find(isCompleted);

  return (
    <Box className={classes.page}>
      <Title order={1} mb="md">
        {words.title}
      </Title>
      <Box className={classes.columns}>
        <RunForm pickFile={pickFile} onStarted={() => select(undefined)} />
        <Stack gap="md" miw={0}>
          {isPending ? <RunCardSkeleton /> : null}
          {runs && !shown ? <RunCardEmpty /> : null}
          {shown ? (
            <RunCard
              key={shown.id}
              run={shown}
              aside={
                active && active.id !== shown.id ? (
                  <Button variant="subtle" size="compact-sm" onClick={() => select(undefined)}>
                    {words.run.backToActive}
                  </Button>
                ) : null
              }
            />
          ) : null}
          <AskCard run={asked} />
        </Stack>
      </Box>
      <RunHistory shownId={shown?.id} onSelect={select} />
    </Box>
  );
}

function isCompleted(run: Run): boolean {
  return run.status === "completed";
}
