import { Group, Progress, Stack, Text, VisuallyHidden } from "@mantine/core";
import { progressOf } from "../../../api/runs";
import type { Run } from "../../../api/types";
import { type Fact, Facts } from "../../../components/Facts";
import { Notice } from "../../../components/Notice";
import { count, measure, percent, size, timeLeft } from "../../../components/quantity";
import { words } from "../words";
import { ComputedIn } from "./ComputedIn";
import { SelfCheck } from "./SelfCheck";

const t = words.run;

export function RunProgress({ run }: { run: Run }) {
  const done = progressOf(run);
  const phase = phaseInWords(run);
  return (
    <Stack gap="sm">
      <div>
        <Group justify="space-between" mb={6} gap="xs" wrap="nowrap">
          <Text fz="sm" fw={500} data-testid="run-phase">
            {phase}
          </Text>
          <Text fz="sm" data-numbers data-testid="run-percent">
            {percent(done)}
          </Text>
        </Group>
        <Progress value={done * 100} size="md" color="var(--attune-tuned)" aria-label={t.progress} />
      </div>
      {/* Read out at each new phase and each tenth; more often nobody could listen to it. */}
      <VisuallyHidden aria-live="polite">{t.announce(phase, percent(Math.floor(done * 10) / 10))}</VisuallyHidden>
      <div data-numbers>
        <Facts facts={progressFacts(run)} />
      </div>
      {run.computation ? <ComputedIn computation={run.computation} /> : null}
      {run.selfCheck ? <SelfCheck result={run.selfCheck} /> : null}
      {run.notices.map((notice) => (
        <Notice key={notice} text={notice} />
      ))}
    </Stack>
  );
}

function phaseInWords(run: Run): string {
  if (run.status === "queued") return t.waiting;
  return run.phase ? t.phases[run.phase] : t.starting;
}

function progressFacts(run: Run): Fact[] {
  const { step, totalSteps, epochs, tokensPerSecond, secondsLeft, loss, memoryBytes, validationLoss } = run;
  const epoch = totalSteps > 0 ? Math.min(epochs, Math.floor((step * epochs) / totalSteps) + 1) : 0;
  const known = <T,>(value: T | null, write: (value: T) => string) => (value == null ? undefined : write(value));
  return [
    { name: t.step, value: totalSteps > 0 ? t.of(count(step), count(totalSteps)) : undefined },
    { name: t.epoch, value: totalSteps > 0 ? t.of(count(epoch), count(epochs)) : undefined },
    { name: words.chart.loss, value: known(loss, measure) },
    ...(run.heldOut > 0 ? [{ name: t.validationLoss, value: known(validationLoss, measure) }] : []),
    { name: t.speed, value: known(tokensPerSecond, (speed) => t.tokensPerSecond(measureSpeed(speed))) },
    { name: t.left, value: known(secondsLeft, (seconds) => t.about(timeLeft(seconds))) },
    { name: t.memory, value: known(memoryBytes, size) },
  ];
}

function measureSpeed(tokensPerSecond: number): string {
  return tokensPerSecond < 10 ? tokensPerSecond.toFixed(1) : count(Math.round(tokensPerSecond));
}
