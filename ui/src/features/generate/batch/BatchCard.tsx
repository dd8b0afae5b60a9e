// One batch: where it stands while it runs, and what has come of it so far.

import { Button, Group, Skeleton, Stack, Text } from "@mantine/core";
import type { Batch } from "../../../api/types";
import { Card } from "../../../components/Card";
import { Empty } from "../../../components/Empty";
import { Notice } from "../../../components/Notice";
import { ProblemNotice } from "../../../components/ProblemNotice";
import { count, dateTime } from "../../../components/quantity";
import { words } from "../words";
import { BatchBadge } from "./BatchBadge";
import { BatchProgress } from "./BatchProgress";
import { BatchResults } from "./BatchResults";
import { CancelButton, ContinueButton, DiscardButton } from "./batchActions";

const t = words.batch;

interface BatchCardProps {
  batch: Batch;
  titles: Map<string, string>;
  /** The batch's examples are to be reviewed. */
  onReview: () => void;
}

export function BatchCard({ batch, titles, onReview }: BatchCardProps) {
  const { status, notices, errorMessage, continuable, tallies } = batch;
  const isRunning = status === "running";
  return (
    <Card
      title={isRunning ? t.running : t.titleOf(dateTime(batch.createdAt))}
      aside={
        <Group gap="xs" wrap="nowrap" flex="none">
          <BatchBadge status={status} />
          {isRunning ? <CancelButton batch={batch} /> : null}
        </Group>
      }
    >
      <Stack gap="md" data-testid="batch" data-status={status}>
        {batch.subject === ME ? null : (
          <Text fz="sm" c="dimmed">
            {t.ofSubject(batch.subject)}
          </Text>
        )}
        {isRunning ? <BatchProgress batch={batch} /> : null}
        {status === "interrupted" ? (
          <Notice text={t.interrupted(count(tallies.attempts), count(batch.mostAttempts))} />
        ) : errorMessage ? (
          <ProblemNotice problem={{ message: errorMessage }} />
        ) : null}
        {notices.map((notice) => (
          <Notice key={notice} text={notice} />
        ))}
        {isRunning ? null : (
          <Group gap="xs">
            {continuable ? <ContinueButton batch={batch} /> : null}
            {tallies.attempts > 0 ? (
              <Button variant="default" size="xs" onClick={onReview} data-testid="review-these">
                {t.review}
              </Button>
            ) : null}
            <DiscardButton batch={batch} />
          </Group>
        )}
        {tallies.attempts > 0 ? <BatchResults batch={batch} titles={titles} /> : null}
      </Stack>
    </Card>
  );
}

/** Whose examples they are where nobody else is named. */
const ME = "me";

export function BatchCardEmpty() {
  return (
    <Card title={words.start.title}>
      <Empty title={t.emptyTitle} firstStep={t.emptyStep} />
    </Card>
  );
}

export function BatchCardSkeleton() {
  return <Skeleton height={320} role="status" aria-label={words.loading} />;
}
