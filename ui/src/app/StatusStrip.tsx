// One line that is always there: what runs, on which base, and whether the page still hears from Attune.

import { Box, Group, Loader, Progress, Text } from "@mantine/core";
import { useBases } from "../api/bases";
import { runningBatch, progressOf as shareOf, useBatches } from "../api/batches";
import { type ConnectionState, useConnection } from "../api/connection";
import { progressOf, useActiveRun, useRuns } from "../api/runs";
import { percent, timeLeft } from "../components/quantity";
import classes from "./StatusStrip.module.css";
import { words } from "./words";

export function StatusStrip() {
  const run = useActiveRun();
  return (
    <Group h="100%" px="md" gap="lg" wrap="nowrap" fz="xs" className={classes.strip}>
      <ActiveRun />
      <ActiveBatch />
      <BaseInUse name={run?.baseModel} />
      <ConnectionLight />
    </Group>
  );
}

function ActiveRun() {
  const run = useActiveRun();
  const isKnown = useRuns().data !== undefined;
  if (!isKnown) return null;
  if (!run) return <Text inherit>{words.status.idle}</Text>;
  if (run.status === "queued") return <Text inherit>{words.status.queued}</Text>;
  const done = progressOf(run);
  return (
    <Group gap="xs" wrap="nowrap" className={classes.run}>
      <Progress value={done * 100} w={72} size="sm" aria-label={words.status.progress} />
      <Text inherit truncate data-numbers>
        {words.status.running(percent(done), run.secondsLeft == null ? undefined : timeLeft(run.secondsLeft))}
      </Text>
    </Group>
  );
}

/** A batch may be generated beside a run. */
function ActiveBatch() {
  const { batches } = useBatches();
  const batch = batches && runningBatch(batches);
  if (!batch) return null;
  const done = shareOf(batch);
  const left = batch.progress.secondsLeft;
  return (
    <Group gap="xs" wrap="nowrap" className={classes.run}>
      <Progress value={done * 100} w={72} size="sm" aria-label={words.status.batchProgress} />
      <Text inherit truncate data-numbers>
        {words.status.generating(percent(done), left == null ? undefined : timeLeft(left))}
      </Text>
    </Group>
  );
}

/** The base of the active run, or the one that the next run takes if nothing else is chosen. */
function BaseInUse({ name }: { name: string | undefined }) {
  const { data: bases } = useBases();
  const shown = name ?? bases?.find((base) => base.chosenByAuto)?.name;
  if (!shown) return null;
  return (
    <Text inherit truncate title={shown} className={classes.base}>
      {words.status.base(shown)}
    </Text>
  );
}

function ConnectionLight() {
  const state = useConnection();
  return (
    <Group gap={6} wrap="nowrap" ml="auto" role="status" className={classes.connection}>
      {state === "live" ? <Box className={classes.light} /> : <Loader size={12} color="var(--attune-warning)" />}
      <Text inherit c={state === "reconnecting" ? "var(--attune-warning)" : undefined}>
        {CONNECTION_WORDS[state]}
      </Text>
    </Group>
  );
}

const CONNECTION_WORDS: Record<ConnectionState, string> = words.connection;
