import { Group, Progress, Stack, Text, VisuallyHidden } from "@mantine/core";
import { progressOf } from "../../api/runs";
import type { Run } from "../../api/types";
import { count, measure, percent, timeLeft } from "../../components/quantity";
import { type Fact, Facts } from "./Facts";
import { words } from "./words";

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
    </Stack>
  );
}

function phaseInWords(run: Run): string {
  if (run.status === "queued") return t.waiting;
  return run.phase ? t.phases[run.phase] : t.starting;
}

function progressFacts(run: Run): Fact[] {
  const { step, totalSteps, epochs, tokensPerSecond, secondsLeft, loss } = run;
  const epoch = totalSteps > 0 ? Math.min(epochs, Math.floor((step * epochs) / totalSteps) + 1) : 0;
  return [
    { name: t.step, value: totalSteps > 0 ? t.of(count(step), count(totalSteps)) : undefined },
    { name: t.epoch, value: totalSteps > 0 ? t.of(count(epoch), count(epochs)) : undefined },
    { name: words.chart.loss, value: loss == null ? undefined : measure(loss) },
    { name: t.speed, value: tokensPerSecond == null ? undefined : t.tokensPerSecond(measureSpeed(tokensPerSecond)) },
    { name: t.left, value: secondsLeft == null ? undefined : t.about(timeLeft(secondsLeft)) },
  ];
}

function measureSpeed(tokensPerSecond: number): string {
  return tokensPerSecond < 10 ? tokensPerSecond.toFixed(1) : count(Math.round(tokensPerSecond));
}
