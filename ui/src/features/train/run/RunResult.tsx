// What came of a run that has ended: the outcome first, what can be done with it, how it was made in a fold.

import { Button, Group, Stack, Text, Tooltip } from "@mantine/core";
import { IconPlayerTrackNext } from "@tabler/icons-react";
import type { Run } from "../../../api/types";
import { Digest } from "../../../components/Digest";
import { type Fact, Facts } from "../../../components/Facts";
import { Notice } from "../../../components/Notice";
import { count, duration, measure } from "../../../components/quantity";
import { words } from "../words";
import { Details, type Lineage } from "./Details";
import { ErrorText } from "./ErrorText";
import { HeldOutComparison } from "./HeldOutComparison";
import { useResume } from "./useResume";

const t = words.run;

interface RunResultProps extends Lineage {
  run: Run;
  onResumed: () => void;
}

export function RunResult({ run, parent, onSelect, onResumed }: RunResultProps) {
  return (
    <Stack gap="sm">
      {run.errorMessage ? <ErrorText name={run.runIdentifier} text={run.errorMessage} lines={3} /> : null}
      {run.stopped ? <Text fz="sm">{t.stoppedMeaning[run.stopped]}</Text> : null}
      {run.notices.map((notice) => (
        <Notice key={notice} text={notice} />
      ))}
      <Facts facts={resultFacts(run)} />
      {run.status === "completed" && run.heldOut > 0 ? <HeldOutComparison run={run} /> : null}
      {run.resumable ? <ResumeButton run={run} onResumed={onResumed} /> : null}
      <Details run={run} parent={parent} onSelect={onSelect} />
    </Stack>
  );
}

function resultFacts(run: Run): Fact[] {
  const samples = count(run.samplesUsed);
  return [
    { name: t.finalLoss, value: run.finalLoss == null ? undefined : measure(run.finalLoss) },
    ...(run.heldOut > 0 ? [{ name: t.validationLoss, value: bestOf(run) }] : []),
    { name: t.duration, value: run.durationSeconds == null ? undefined : duration(run.durationSeconds) },
    { name: t.samples, value: run.heldOut > 0 ? t.heldOut(samples, count(run.heldOut)) : samples },
    { name: t.step, value: t.of(count(run.step), count(run.totalSteps)) },
    { name: t.base, value: run.baseModel },
    ...(run.adapterDigest ? [{ name: t.adapter, value: <Digest value={run.adapterDigest} /> }] : []),
  ];
}

function bestOf({ validationLoss, bestStep }: Run): string | undefined {
  if (validationLoss == null) return undefined;
  return bestStep == null ? measure(validationLoss) : t.best(measure(validationLoss), count(bestStep));
}

function ResumeButton({ run, onResumed }: { run: Run; onResumed: () => void }) {
  const { resume, isPending } = useResume(onResumed);
  return (
    <Group>
      <Tooltip label={t.resumeMeaning}>
        <Button
          size="xs"
          variant="default"
          loading={isPending}
          leftSection={<IconPlayerTrackNext size={14} aria-hidden />}
          onClick={() => resume(run)}
          data-testid="resume-run"
        >
          {t.resume}
        </Button>
      </Tooltip>
    </Group>
  );
}
