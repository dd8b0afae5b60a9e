// It ended without a model: what happened, and the two ways on.

import { Button, Group, Stack, Text } from "@mantine/core";
import type { Run } from "../../api/types";
import { ProblemNotice } from "../../components/ProblemNotice";
import { Heading } from "./Heading";
import { StartButton } from "./StartButton";
import { words } from "./words";

export function Setback({ run, onLeave }: { run: Run; onLeave: () => void }) {
  const isWanted = run.status === "cancelled";
  return (
    <Stack gap="lg">
      <Heading>{isWanted ? words.cancelled : words.failed}</Heading>
      {isWanted ? (
        <Text>{words.cancelledMeaning}</Text>
      ) : (
        <ProblemNotice problem={{ message: run.errorMessage ?? words.failed, hint: words.failedHint }} />
      )}
      <Group gap="sm">
        <StartButton label={words.again} />
        <Button size="md" variant="subtle" onClick={onLeave} data-testid="leave-first-start">
          {words.leave}
        </Button>
      </Group>
    </Stack>
  );
}
