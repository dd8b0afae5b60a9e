// A batch under way: how far, how good, how fast, and the texts as they arrive.

import { Group, Progress, Stack, Text, VisuallyHidden } from "@mantine/core";
import { progressOf } from "../../../api/batches";
import { useConnection } from "../../../api/connection";
import { useExamples } from "../../../api/examples";
import type { Batch } from "../../../api/types";
import { type Fact, Facts } from "../../../components/Facts";
import { Notice } from "../../../components/Notice";
import { count, percent, timeLeft } from "../../../components/quantity";
import classes from "../generate.module.css";
import { QualityMark } from "../QualityMark";
import { score } from "../score";
import { spend } from "../spend";
import { words } from "../words";

const t = words.batch;

/** Texts that are shown as they arrive. */
const NEWEST = 3;

export function BatchProgress({ batch }: { batch: Batch }) {
  const isStale = useConnection() === "reconnecting";
  const done = progressOf(batch);
  return (
    <Stack gap="sm">
      {isStale ? <Notice text={t.stale} /> : null}
      <div>
        <Group justify="flex-end" mb={6}>
          <Text fz="sm" data-numbers data-testid="batch-percent">
            {percent(done)}
          </Text>
        </Group>
        <Progress value={done * 100} size="md" color="var(--attune-tuned)" aria-label={t.progress} />
      </div>
      {/* Read out at each tenth; more often nobody could listen to it. */}
      <VisuallyHidden aria-live="polite">{t.announce(percent(Math.floor(done * 10) / 10))}</VisuallyHidden>
      <div data-numbers>
        <Facts facts={factsOf(batch)} />
      </div>
      <Arrivals batch={batch} />
    </Stack>
  );
}

function factsOf({ tallies, progress, untilKept, numExamples, mostAttempts }: Batch): Fact[] {
  const { attempts, kept, meanQuality } = tallies;
  const known = <T,>(value: T | null, write: (value: T) => string) => (value === null ? undefined : write(value));
  return [
    {
      name: t.done,
      value: untilKept ? t.ofAtMost(count(attempts), count(mostAttempts)) : t.of(count(attempts), count(numExamples)),
    },
    { name: t.kept, value: untilKept ? t.of(count(kept), count(numExamples)) : count(kept) },
    { name: t.failed, value: count(attempts - kept) },
    { name: t.meanQuality, value: known(meanQuality, score) },
    { name: t.rate, value: known(progress.attemptsPerSecond, (rate) => t.perSecond(rate.toFixed(1))) },
    { name: t.left, value: known(progress.secondsLeft, (seconds) => t.about(timeLeft(seconds))) },
    { name: t.spend, value: spend(tallies) },
  ];
}

/** Not read out: they come faster than anybody could listen. */
function Arrivals({ batch }: { batch: Batch }) {
  const { examples } = useExamples({ batch: batch.id });
  const newest = examples?.slice(0, NEWEST) ?? [];
  if (newest.length === 0) return null;
  return (
    <section aria-label={t.newest}>
      <Stack component="ol" gap={4} className={classes.plainList} data-testid="arrivals">
        {newest.map(({ id, quality, output, rejection }) => (
          <Text key={id} component="li" fz="sm" truncate>
            <QualityMark quality={quality} /> {output || rejection?.words}
          </Text>
        ))}
      </Stack>
    </section>
  );
}
