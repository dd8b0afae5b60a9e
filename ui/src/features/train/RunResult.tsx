// What came of a run that has ended: the outcome first, how it was made in a fold.

import { Button, Collapse, Group, Stack, Text } from "@mantine/core";
import { IconChevronDown, IconChevronRight, IconTrash } from "@tabler/icons-react";
import { useState } from "react";
import type { Run } from "../../api/types";
import { Digest } from "../../components/Digest";
import { Notice } from "../../components/Notice";
import { count, duration, measure, setting } from "../../components/quantity";
import { ErrorText } from "./ErrorText";
import { Facts } from "./Facts";
import { useConfirmedDelete } from "./useConfirmedDelete";
import { words } from "./words";

const t = words.run;

export function RunResult({ run }: { run: Run }) {
  return (
    <Stack gap="sm">
      {run.errorMessage ? <ErrorText name={run.runIdentifier} text={run.errorMessage} lines={3} /> : null}
      {run.notices.map((notice) => (
        <Notice key={notice} text={notice} />
      ))}
      <Facts
        facts={[
          { name: t.finalLoss, value: run.finalLoss == null ? undefined : measure(run.finalLoss) },
          { name: t.duration, value: run.durationSeconds == null ? undefined : duration(run.durationSeconds) },
          { name: t.samples, value: count(run.samplesUsed) },
          { name: t.step, value: t.of(count(run.step), count(run.totalSteps)) },
          { name: t.base, value: run.baseModel },
          ...(run.adapterDigest ? [{ name: t.adapter, value: <Digest value={run.adapterDigest} /> }] : []),
        ]}
      />
      <Details run={run} />
    </Stack>
  );
}

function Details({ run }: { run: Run }) {
  const [isOpen, setOpen] = useState(false);
  return (
    <div>
      <Button
        variant="subtle"
        size="compact-sm"
        px={4}
        aria-expanded={isOpen}
        leftSection={isOpen ? <IconChevronDown size={16} /> : <IconChevronRight size={16} />}
        onClick={() => setOpen(!isOpen)}
      >
        {t.details}
      </Button>
      <Collapse expanded={isOpen}>
        <Stack gap={4} pt="xs">
          <Facts
            facts={[
              { name: t.learningRate, value: setting(run.learningRate) },
              { name: t.batchSize, value: count(run.batchSize) },
              { name: t.seed, value: String(run.seed) },
            ]}
          />
          <Place name={t.source} path={run.sourcePath} />
          <Place name={t.runFolder} path={run.runDirectory} />
          <Place name={t.folder} path={run.outputDir} />
          <DeleteButton run={run} />
        </Stack>
      </Collapse>
    </div>
  );
}

function DeleteButton({ run }: { run: Run }) {
  const remove = useConfirmedDelete();
  return (
    <Group pt={4}>
      <Button
        variant="default"
        size="compact-xs"
        leftSection={<IconTrash size={12} aria-hidden />}
        onClick={() => remove(run)}
        data-testid="delete-run"
      >
        {t.delete}
      </Button>
    </Group>
  );
}

/** Paths get a line of their own: they are long, and broken anywhere rather than cut. */
function Place({ name, path }: { name: string; path: string }) {
  return (
    <Text fz="xs" style={{ overflowWrap: "anywhere" }}>
      <Text span inherit c="dimmed">
        {name}{" "}
      </Text>
      <Text span inherit ff="monospace">
        {path}
      </Text>
    </Text>
  );
}
