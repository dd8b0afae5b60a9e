// What came of a run that has ended.

import { Alert, Stack, Text } from "@mantine/core";
import { IconInfoCircle } from "@tabler/icons-react";
import type { Run } from "../../api/types";
import { Digest } from "../../components/Digest";
import { count, duration, measure, setting } from "../../components/quantity";
import { ErrorText } from "./ErrorText";
import { Facts } from "./Facts";
import { words } from "./words";

const t = words.run;

export function RunResult({ run }: { run: Run }) {
  return (
    <Stack gap="sm">
      {run.errorMessage ? <ErrorText name={run.runIdentifier} text={run.errorMessage} lines={3} /> : null}
      {run.notices.map((notice) => (
        <Alert key={notice} variant="outline" color="orange" p="xs" icon={<IconInfoCircle aria-hidden />}>
          {notice}
        </Alert>
      ))}
      <Facts
        facts={[
          { name: t.finalLoss, value: run.finalLoss == null ? undefined : measure(run.finalLoss) },
          { name: t.duration, value: run.durationSeconds == null ? undefined : duration(run.durationSeconds) },
          { name: t.samples, value: count(run.samplesUsed) },
          { name: t.step, value: t.of(count(run.step), count(run.totalSteps)) },
          { name: t.learningRate, value: setting(run.learningRate) },
          { name: t.batchSize, value: count(run.batchSize) },
          { name: t.seed, value: String(run.seed) },
          { name: t.base, value: run.baseModel },
          ...(run.adapterDigest ? [{ name: t.adapter, value: <Digest value={run.adapterDigest} /> }] : []),
        ]}
      />
      <Place name={t.source} path={run.sourcePath} />
      {run.adapterDigest ? <Place name={t.folder} path={run.outputDir} /> : null}
    </Stack>
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
