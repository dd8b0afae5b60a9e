// All batches, to look back at.

import { Button, Group, Skeleton, Text, UnstyledButton } from "@mantine/core";
import type { useBatches } from "../../../api/batches";
import type { Batch } from "../../../api/types";
import { Card } from "../../../components/Card";
import { Empty } from "../../../components/Empty";
import { ProblemNotice } from "../../../components/ProblemNotice";
import { count, dateTime } from "../../../components/quantity";
import { words } from "../words";
import { BatchBadge } from "./BatchBadge";
import classes from "./batch.module.css";

const t = words.batches;

interface BatchListProps {
  all: ReturnType<typeof useBatches>;
  shownId: string | undefined;
  titles: Map<string, string>;
  onSelect: (batchId: string) => void;
  onMore: () => void;
}

export function BatchList({
  all: { batches, problem, retry, mayHaveMore },
  shownId,
  titles,
  onSelect,
  onMore,
}: BatchListProps) {
  return (
    <Card title={t.title}>
      {problem && !batches ? <ProblemNotice problem={problem} onRetry={retry} /> : null}
      {!batches && !problem ? <Skeleton height={96} role="status" aria-label={words.loading} /> : null}
      {batches?.length === 0 ? <Empty title={t.emptyTitle} firstStep={t.emptyStep} /> : null}
      {batches?.length ? (
        <ul className={classes.list} aria-label={t.list} data-testid="batches">
          {batches.map((batch) => (
            <li key={batch.id}>
              <Row batch={batch} isShown={batch.id === shownId} titles={titles} onSelect={onSelect} />
            </li>
          ))}
        </ul>
      ) : null}
      {mayHaveMore ? (
        <Button variant="default" size="compact-sm" mt="xs" onClick={onMore}>
          {t.more}
        </Button>
      ) : null}
    </Card>
  );
}

interface RowProps {
  batch: Batch;
  isShown: boolean;
  titles: Map<string, string>;
  onSelect: (batchId: string) => void;
}

function Row({ batch, isShown, titles, onSelect }: RowProps) {
  const when = dateTime(batch.createdAt);
  const { kept, attempts } = batch.tallies;
  const genres = batch.genres.map((name) => titles.get(name) ?? name);
  return (
    <UnstyledButton
      className={classes.batch}
      aria-pressed={isShown}
      aria-label={t.show(when)}
      onClick={() => onSelect(batch.id)}
    >
      <Group gap="sm" wrap="nowrap" fz="sm">
        <BatchBadge status={batch.status} />
        <Text inherit flex="none" data-numbers>
          {when}
        </Text>
        {attempts > 0 ? (
          <Text inherit flex="none" data-numbers>
            {t.kept(count(kept), count(attempts))}
          </Text>
        ) : null}
        <Text inherit c="dimmed" truncate miw={0}>
          {genres.length === 0 || genres.length === titles.size ? t.mix : genres.join(", ")}
        </Text>
      </Group>
    </UnstyledButton>
  );
}
