import { Button, Group, Stack, Text } from "@mantine/core";
import { useId } from "react";
import { useConnection } from "../../../api/connection";
import { progressOf } from "../../../api/runs";
import type { MemoryPrediction, Run } from "../../../api/types";
import { Notice } from "../../../components/Notice";
import { ProblemNotice } from "../../../components/ProblemNotice";
import { count, percent, size, timeLeft } from "../../../components/quantity";
import { StepCard } from "../../../components/StepCard";
import { words } from "../words";
import type { SourceState } from "./useSource";

const t = words.start;

interface StartCardProps {
  source: SourceState;
  /** What else is missing, said before anything about the source. */
  lacking: string | undefined;
  /** Undefined where it is not known. */
  memory: MemoryPrediction | undefined;
  active: Run | undefined;
  isStarting: boolean;
  problem: { message: string; hint?: string | null } | null;
}

export function StartCard({ source, lacking, memory, active, isStarting, problem }: StartCardProps) {
  const reasonId = useId();
  const missing = useWhatIsMissing(source, lacking);
  const reason = missing ?? (active && whatIsActive(active));
  return (
    <StepCard number={4} title={t.title}>
      <Stack gap="sm">
        <Text fz="sm" id={reasonId} c={reason ? "dimmed" : undefined} data-testid="start-reason">
          {reason ?? ready(source.found?.usable ?? 0)}
        </Text>
        {memory ? <MemoryNeeded memory={memory} /> : null}
        <Group gap="xs">
          <Button
            type="submit"
            data-testid="start"
            disabled={Boolean(reason)}
            loading={isStarting && !active}
            aria-describedby={reasonId}
          >
            {t.start}
          </Button>
          {active ? (
            <Button
              type="submit"
              variant="default"
              data-testid="queue"
              disabled={Boolean(missing)}
              loading={isStarting}
              aria-describedby={reasonId}
            >
              {t.queue}
            </Button>
          ) : null}
        </Group>
        {problem ? <ProblemNotice problem={problem} /> : null}
      </Stack>
    </StepCard>
  );
}

function MemoryNeeded({ memory: { neededBytes, freeBytes } }: { memory: MemoryPrediction }) {
  if (freeBytes !== null && neededBytes > freeBytes) {
    return <Notice text={t.tooMuchMemory(size(neededBytes), size(freeBytes))} />;
  }
  return (
    <Text fz="xs" c="dimmed" data-testid="memory-needed">
      {t.memory(size(neededBytes), freeBytes === null ? undefined : size(freeBytes))}
    </Text>
  );
}

/** Why not even the queue can take the run. */
function useWhatIsMissing(source: SourceState, lacking: string | undefined): string | undefined {
  const connection = useConnection();
  if (connection === "reconnecting") return t.offline;
  if (lacking) return lacking;
  if (source.path === "") return t.noDatabase;
  if (source.problem) return t.unusable;
  if (source.isChecking || !source.found) return t.checking;
  return undefined;
}

function ready(samples: number): string {
  return t.ready(samples, count(samples));
}

function whatIsActive(run: Run): string {
  if (run.status === "queued") return t.waiting;
  return t.active(percent(progressOf(run)), run.secondsLeft == null ? undefined : timeLeft(run.secondsLeft));
}
