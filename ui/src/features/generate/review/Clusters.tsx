// Accepted texts that are nearly the same, in groups.

import { Box, Button, Group, Paper, Skeleton, Slider, Stack, Text } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useState } from "react";
import { useExamplesById, useReview, useTwinClusters } from "../../../api/examples";
import { Empty } from "../../../components/Empty";
import { LongText } from "../../../components/LongText";
import { ProblemNotice } from "../../../components/ProblemNotice";
import { percent } from "../../../components/quantity";
import { QualityMark } from "../QualityMark";
import { words } from "../words";

const t = words.twins;

/** Groups that are shown at once. */
const PART = 10;

export function Clusters({ batch, standard }: { batch: string | undefined; standard: number }) {
  const [threshold, setThreshold] = useState(standard);
  const [rested] = useDebouncedValue(threshold, 200);
  const [shown, show] = useState(PART);
  const { data: clusters, error, refetch } = useTwinClusters(batch, rested);
  return (
    <Stack gap="md" data-testid="clusters">
      <Text fz="sm" c="dimmed">
        {t.meaning}
      </Text>
      <Group gap="md" wrap="nowrap" maw={480}>
        <Text fz="sm" flex="none" data-numbers>
          {t.threshold} {percent(threshold)}
        </Text>
        <Slider
          flex={1}
          min={0.3}
          max={1}
          step={0.05}
          value={threshold}
          onChange={(value) => setThreshold(Number(value.toFixed(2)))}
          label={null}
          thumbLabel={t.thumb}
          thumbValueText={percent}
          thumbSize={24}
        />
      </Group>
      {error && !clusters ? <ProblemNotice problem={error} onRetry={() => void refetch()} /> : null}
      {!clusters && !error ? <Skeleton height={120} role="status" aria-label={words.loading} /> : null}
      {clusters?.length === 0 ? <Empty title={t.none} firstStep={t.meaning} /> : null}
      {clusters?.length ? (
        <Text fz="xs" c="dimmed" role="status" data-numbers>
          {t.found(clusters.length)}
        </Text>
      ) : null}
      {clusters?.slice(0, shown).map(({ examples }, place) => (
        <Cluster key={examples.join()} ids={examples} place={place + 1} />
      ))}
      {clusters && clusters.length > shown ? (
        <Button variant="default" size="compact-sm" w="fit-content" onClick={() => show(shown + PART)}>
          {t.more}
        </Button>
      ) : null}
    </Stack>
  );
}

function Cluster({ ids, place }: { ids: string[]; place: number }) {
  const examples = useExamplesById(ids);
  const { say, problem } = useReview();
  return (
    <Paper component="section" withBorder p="sm" aria-label={t.group(place, ids.length)} data-testid="cluster">
      <Stack gap="sm">
        <Text fz="xs" c="dimmed">
          {t.group(place, ids.length)}
        </Text>
        {ids.map((id, at) => {
          const example = examples[at];
          return (
            <Group key={id} gap="sm" wrap="nowrap" align="flex-start">
              {example ? (
                <>
                  <Text component="div" fz="sm" flex="none">
                    <QualityMark quality={example.quality} />
                  </Text>
                  <Box fz="sm" flex={1} miw={0}>
                    <LongText text={example.output} lines={4} isProse />
                  </Box>
                  <Button
                    variant="default"
                    size="compact-xs"
                    flex="none"
                    onClick={() => say(id, { decision: "reject" })}
                  >
                    {words.review.reject}
                  </Button>
                </>
              ) : (
                <Skeleton height={40} />
              )}
            </Group>
          );
        })}
        {problem ? <ProblemNotice problem={problem} /> : null}
      </Stack>
    </Paper>
  );
}
