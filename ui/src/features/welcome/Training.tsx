// While it learns: what is being done in words, how long it takes yet, and the loss as it falls.

import { Box, Button, Group, Progress, Stack, Text, VisuallyHidden } from "@mantine/core";
import type { ReactNode } from "react";
import { progressOf } from "../../api/runs";
import type { Run } from "../../api/types";
import { percent, timeLeft } from "../../components/quantity";
import { Heading } from "./Heading";
import classes from "./Welcome.module.css";
import { words } from "./words";

interface TrainingProps {
  run: Run;
  curve: (run: Run) => ReactNode;
  stop: (run: Run) => ReactNode;
  onLeave: () => void;
}

export function Training({ run, curve, stop, onLeave }: TrainingProps) {
  const done = progressOf(run);
  const phase = phaseInWords(run);
  return (
    <Stack gap="lg">
      <Heading>{words.working}</Heading>
      <div>
        <Group justify="space-between" mb={6} gap="xs">
          <Text fw={500} data-testid="first-phase">
            {phase}
          </Text>
          <Text data-numbers data-testid="first-left">
            {run.secondsLeft == null ? words.leftUnknown : words.left(timeLeft(run.secondsLeft))}
          </Text>
        </Group>
        <Progress value={done * 100} size="md" color="var(--attune-tuned)" aria-label={words.progress} />
        {/* Read out at each new phase and each fifth; more often nobody could listen to it. */}
        <VisuallyHidden aria-live="polite">{words.announce(phase, percent(Math.floor(done * 5) / 5))}</VisuallyHidden>
      </div>
      <Box className={classes.panel}>
        {curve(run)}
        <Text fz="sm" c="dimmed" mt="xs" maw="68ch">
          {words.curveMeaning}
        </Text>
      </Box>
      <Group gap="sm">
        {stop(run)}
        <Button variant="subtle" size="xs" onClick={onLeave} data-testid="leave-first-start">
          {words.leaveRunning}
        </Button>
      </Group>
    </Stack>
  );
}

function phaseInWords(run: Run): string {
  if (run.status === "queued") return words.waiting;
  return run.phase ? words.phases[run.phase] : words.starting;
}
