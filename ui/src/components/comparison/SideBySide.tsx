// Base and tuned beside each other: how often each is right, which exactly they are, and every row.

import { Group, Progress, Skeleton, Stack, Text } from "@mantine/core";
import { Digest } from "../Digest";
import { Notice } from "../Notice";
import { ProblemNotice } from "../ProblemNotice";
import { count } from "../quantity";
import { ComparedRows, type Row } from "./ComparedRows";
import classes from "./comparison.module.css";
import { ExactMatch } from "./ExactMatch";
import { words } from "./words";

export interface SideBySideProps {
  /** Known as soon as both models are loaded. */
  begun: { baseModel: string; baseDigest: string; adapterDigest: string; total: number; notices: string[] } | undefined;
  /** Those that have been answered. */
  rows: Row[];
  isComplete: boolean;
  problem: { message: string; hint?: string | null } | null;
  retry: () => void;
}

export function SideBySide({ begun, rows, isComplete, problem, retry }: SideBySideProps) {
  if (problem) return <ProblemNotice problem={problem} onRetry={retry} />;
  if (!begun) {
    return (
      <Stack gap="sm" role="status" aria-label={words.loading}>
        <Skeleton height={96} />
        <Skeleton height={240} />
      </Stack>
    );
  }
  const exact = (is: (row: Row) => boolean) => rows.filter(is).length;
  return (
    <Stack gap="md" data-testid="comparison" data-complete={isComplete}>
      <ExactMatch
        base={exact(({ baseIsExact }) => baseIsExact)}
        tuned={exact(({ tunedIsExact }) => tunedIsExact)}
        answered={rows.length}
        total={begun.total}
      />
      {begun.notices.map((notice) => (
        <Notice key={notice} text={notice} />
      ))}
      {isComplete ? null : (
        <div>
          <Text fz="sm" mb={4} data-numbers>
            {words.progress(count(rows.length), count(begun.total))}
          </Text>
          <Progress
            value={(100 * rows.length) / Math.max(begun.total, 1)}
            color="var(--attune-tuned)"
            aria-label={words.progress(count(rows.length), count(begun.total))}
          />
        </div>
      )}
      <ComparedRows rows={rows} />
      <Group gap="md" className={classes.origin}>
        <Group gap={6}>
          <Text fz="sm" c="dimmed">
            {words.base}: {begun.baseModel}
          </Text>
          <Digest value={begun.baseDigest} />
        </Group>
        <Group gap={6}>
          <Text fz="sm" c="dimmed">
            {words.tuned}
          </Text>
          <Digest value={begun.adapterDigest} />
        </Group>
      </Group>
    </Stack>
  );
}
