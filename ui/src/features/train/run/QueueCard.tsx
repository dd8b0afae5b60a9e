// The runs that wait, in the order in which they will start.

import { ActionIcon, Group, Stack, Text, Tooltip } from "@mantine/core";
import { IconX } from "@tabler/icons-react";
import { queuedRuns } from "../../../api/runs";
import type { Run } from "../../../api/types";
import { Card } from "../../../components/Card";
import { count } from "../../../components/quantity";
import { words } from "../words";
import classes from "./QueueCard.module.css";
import { useConfirmedCancel } from "./StopRun";

const t = words.queue;

export function QueueCard({ runs }: { runs: Run[] }) {
  const waiting = queuedRuns(runs);
  if (waiting.length === 0) return null;
  return (
    <Card title={t.title}>
      <Text fz="sm" c="dimmed" mb="xs">
        {t.meaning}
      </Text>
      <Stack component="ol" gap={0} className={classes.list} data-testid="queue-list">
        {waiting.map((run, index) => (
          <Place key={run.id} run={run} place={index + 1} />
        ))}
      </Stack>
    </Card>
  );
}

function Place({ run, place }: { run: Run; place: number }) {
  const cancel = useConfirmedCancel();
  return (
    <Group component="li" gap="sm" wrap="nowrap" className={classes.place} fz="sm">
      <Text inherit c="dimmed" data-numbers>
        {t.order(count(place))}
      </Text>
      <Text inherit truncate flex={1} miw={0} title={run.runIdentifier}>
        {run.runIdentifier}
      </Text>
      <Text inherit c="dimmed" flex="none">
        {words.base.methods[run.method].name} · {t.samples(run.samplesUsed, count(run.samplesUsed))}
      </Text>
      <Tooltip label={words.run.cancel}>
        <ActionIcon
          variant="subtle"
          color="gray"
          size="sm"
          aria-label={words.history.removeQueued(run.runIdentifier)}
          onClick={() => cancel(run)}
        >
          <IconX size={14} aria-hidden />
        </ActionIcon>
      </Tooltip>
    </Group>
  );
}
