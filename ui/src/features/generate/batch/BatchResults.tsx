// What has come of a batch: how much was kept, how good it is, and where it is thin.

import { Box, Group, RingProgress, Skeleton, Stack, Text } from "@mantine/core";
import { lazy, Suspense } from "react";
import type { Batch } from "../../../api/types";
import { type Fact, Facts } from "../../../components/Facts";
import { count, duration, percent } from "../../../components/quantity";
import { score } from "../score";
import { spend } from "../spend";
import { words } from "../words";
import classes from "./batch.module.css";
import { failureSentences } from "./failures";

const t = words.batch;

/** Drawing charts is a third of the page's code, and nobody has one to look at before the first batch. */
const QualityHistogram = lazy(() => import("./QualityHistogram"));
const GenreBars = lazy(() => import("./GenreBars"));

export function BatchResults({ batch, titles }: { batch: Batch; titles: Map<string, string> }) {
  const { tallies } = batch;
  const share = tallies.keptShare ?? 0;
  return (
    <Stack gap="md">
      <Group gap="lg" wrap="nowrap" align="center">
        <RingProgress
          size={104}
          thickness={8}
          flex="none"
          rootColor="var(--attune-border)"
          sections={[{ value: share * 100, color: "var(--attune-done)" }]}
          role="img"
          aria-label={t.success(percent(share))}
          label={
            <Text ta="center" fw={600} data-numbers data-testid="success" aria-hidden>
              {percent(share)}
            </Text>
          }
        />
        <Box flex={1} miw={0} data-numbers data-testid="results">
          <Facts facts={factsOf(batch)} />
        </Box>
      </Group>
      {failureSentences(tallies.failures).map((sentence) => (
        <Text key={sentence} fz="sm" c="dimmed" data-testid="failures">
          {sentence}
        </Text>
      ))}
      <div className={classes.charts}>
        <Suspense fallback={<Skeleton height={200} />}>
          <QualityHistogram histogram={tallies.histogram} />
          <GenreBars tallies={tallies.genres} titles={titles} />
        </Suspense>
      </div>
    </Stack>
  );
}

function factsOf({ tallies, status, numExamples, untilKept }: Batch): Fact[] {
  const { attempts, kept, belowLine, twins, withoutText, meanKeptQuality, activeSeconds } = tallies;
  const isRunning = status === "running";
  return [
    { name: t.kept, value: t.of(count(kept), count(untilKept ? numExamples : attempts)) },
    { name: t.meanKeptQuality, value: meanKeptQuality === null ? undefined : score(meanKeptQuality) },
    { name: t.belowLine, value: count(belowLine) },
    { name: t.twins, value: count(twins) },
    ...(withoutText > 0 ? [{ name: t.withoutText, value: count(withoutText) }] : []),
    ...(isRunning
      ? []
      : [
          { name: t.duration, value: duration(activeSeconds) },
          { name: t.spend, value: spend(tallies) },
        ]),
  ];
}
