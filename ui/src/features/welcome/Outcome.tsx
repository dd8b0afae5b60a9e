// What came of it: base and tuned side by side, on rows that neither has seen.

import { Button, Group, Stack, Text } from "@mantine/core";
import { useEffect, useEffectEvent } from "react";
import { useComparison } from "../../api/comparison";
import type { Run } from "../../api/types";
import { SideBySide } from "../../components/comparison/SideBySide";
import { count, duration } from "../../components/quantity";
import { Heading } from "./Heading";
import { words } from "./words";

interface OutcomeProps {
  run: Run;
  /** The whole comparison is there. */
  onSeen: () => void;
  onLeave: () => void;
}

export function Outcome({ run, onSeen, onLeave }: OutcomeProps) {
  const comparison = useComparison(run.id);
  const seen = useEffectEvent(onSeen);
  useEffect(() => {
    if (comparison.isComplete) seen();
  }, [comparison.isComplete]);
  return (
    <Stack gap="lg">
      <Group justify="space-between" align="flex-start" gap="md">
        <div>
          <Heading>{words.ended}</Heading>
          <Text mt="xs">
            {words.endedMeaning(duration(run.durationSeconds ?? 0), count(run.samplesUsed - run.heldOut))}
          </Text>
          {run.stopped === "asked" ? <Text mt={4}>{words.stoppedEarly}</Text> : null}
        </div>
        <Button onClick={onLeave} data-testid="leave-first-start">
          {words.leave}
        </Button>
      </Group>
      <SideBySide {...comparison} />
    </Stack>
  );
}
