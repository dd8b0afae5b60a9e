// What happened and what to do about it, in the place where it happened.

import { Alert, Button, Text } from "@mantine/core";
import { IconAlertTriangle } from "@tabler/icons-react";
import { words } from "./words";

interface ProblemNoticeProps {
  problem: { message: string; hint?: string | null };
  onRetry?: () => void;
}

export function ProblemNotice({ problem, onRetry }: ProblemNoticeProps) {
  return (
    <Alert variant="outline" color="var(--attune-failure)" icon={<IconAlertTriangle aria-hidden />} p="sm" role="alert">
      <Text fz="sm" style={{ overflowWrap: "anywhere" }}>
        {problem.message}
      </Text>
      {problem.hint ? (
        <Text fz="sm" c="dimmed" mt={4} style={{ overflowWrap: "anywhere" }}>
          {problem.hint}
        </Text>
      ) : null}
      {onRetry ? (
        <Button variant="default" size="xs" mt="xs" onClick={onRetry}>
          {words.retry}
        </Button>
      ) : null}
    </Alert>
  );
}
