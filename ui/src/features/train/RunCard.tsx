// One run: where it stands while it runs, what came of it afterwards, and its learning curve.

import { Button, Group, Skeleton, Stack } from "@mantine/core";
import { modals } from "@mantine/modals";
import { notifications } from "@mantine/notifications";
import { IconPlayerStop } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { isUnfinished, useCancelRun } from "../../api/runs";
import type { Run } from "../../api/types";
import { Card } from "../../components/Card";
import { Empty } from "../../components/Empty";
import { RunCurves } from "./RunCurves";
import { RunProgress } from "./RunProgress";
import { RunResult } from "./RunResult";
import { StatusBadge } from "./StatusBadge";
import { words } from "./words";

const t = words.run;

export function RunCard({ run, aside }: { run: Run; aside?: ReactNode }) {
  return (
    <Card
      title={run.status === "running" ? t.active : run.runIdentifier}
      aside={
        <Group gap="xs" wrap="nowrap" flex="none">
          {aside}
          <StatusBadge status={run.status} />
          {isUnfinished(run) ? <CancelButton run={run} /> : null}
        </Group>
      }
    >
      <Stack gap="md">
        {isUnfinished(run) ? <RunProgress run={run} /> : <RunResult run={run} />}
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

function CancelButton({ run }: { run: Run }) {
  const cancel = useConfirmedCancel();
  return (
    <Button
      variant="default"
      size="xs"
      leftSection={<IconPlayerStop size={14} aria-hidden />}
      onClick={() => cancel(run)}
      data-testid="cancel-run"
    >
      {t.cancel}
    </Button>
  );
}

/** Asks first: what was learnt so far is lost. */
export function useConfirmedCancel(): (run: Run) => void {
  const { mutate } = useCancelRun();
  return (run) =>
    modals.openConfirmModal({
      title: t.cancelAsk,
      children: run.status === "queued" ? t.cancelQueuedMeaning : t.cancelMeaning,
      labels: { confirm: t.cancel, cancel: t.keepGoing },
      confirmProps: { variant: "outline", color: "var(--attune-failure)" },
      cancelProps: { "data-autofocus": true },
      onConfirm: () =>
        mutate(
          { params: { path: { id: run.id } } },
          {
            onError: ({ message }) =>
              notifications.show({ color: "var(--attune-failure)", title: t.cancelFailed, message }),
          },
        ),
    });
}
