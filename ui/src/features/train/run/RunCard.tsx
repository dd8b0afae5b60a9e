// One run: where it stands while it runs, what came of it afterwards, and its learning curves.

import { Group, Skeleton, Stack } from "@mantine/core";
import type { ReactNode } from "react";
import { isUnfinished } from "../../../api/runs";
import type { Run } from "../../../api/types";
import { Card } from "../../../components/Card";
import { Empty } from "../../../components/Empty";
import { RunCurves } from "../charts/RunCurves";
import { words } from "../words";
import type { Lineage } from "./Details";
import { RunProgress } from "./RunProgress";
import { RunResult } from "./RunResult";
import { StatusBadge } from "./StatusBadge";
import { StopButton } from "./StopRun";

const t = words.run;

interface RunCardProps extends Lineage {
  run: Run;
  aside?: ReactNode;
  onResumed: () => void;
}

export function RunCard({ run, aside, parent, onSelect, onResumed }: RunCardProps) {
  return (
    <Card
      title={run.status === "running" ? t.active : run.runIdentifier}
      aside={
        <Group gap="xs" wrap="nowrap" flex="none">
          {aside}
          <StatusBadge run={run} />
          {isUnfinished(run) ? <StopButton run={run} /> : null}
        </Group>
      }
    >
      <Stack gap="md">
        {isUnfinished(run) ? (
          <RunProgress run={run} />
        ) : (
          <RunResult run={run} parent={parent} onSelect={onSelect} onResumed={onResumed} />
        )}
        <RunCurves run={run} />
      </Stack>
    </Card>
  );
}

export function RunCardEmpty() {
  return (
    <Card title={t.title}>
      <Empty title={t.emptyTitle} firstStep={t.emptyStep} />
    </Card>
  );
}

export function RunCardSkeleton() {
  return <Skeleton height={320} role="status" aria-label={words.loading} />;
}
