// Where a text comes from, so that it can be made again.

import { Code, Stack, Text } from "@mantine/core";
import type { Example, Provenance } from "../../../api/types";
import { Digest } from "../../../components/Digest";
import { type Fact, Facts } from "../../../components/Facts";
import { Fold } from "../../../components/Fold";
import { count, dateTime, dollars, setting } from "../../../components/quantity";
import { words } from "../words";
import classes from "./review.module.css";

const t = words.review.source;

export function Origin({ example, titles }: { example: Example; titles: Map<string, string> }) {
  const { provenance } = example;
  return (
    <Fold label={words.review.provenance} testId="provenance">
      <Stack gap="sm" pt="xs" data-numbers>
        <Facts facts={factsOf(example, titles)} />
        {provenance ? (
          <div>
            <Text fz="xs" c="dimmed" mb={4}>
              {t.sent}
            </Text>
            <Code block className={classes.sent}>
              {provenance.prompt}
            </Code>
          </div>
        ) : null}
      </Stack>
    </Fold>
  );
}

function factsOf(
  { genre, style, attempt, createdAt, reviewedAt, provenance }: Example,
  titles: Map<string, string>,
): Fact[] {
  return [
    ...(provenance ? ofGenerator(provenance) : []),
    { name: t.genre, value: genre === null ? t.none : (titles.get(genre) ?? genre) },
    { name: t.style, value: style ?? t.none },
    ...(attempt === null ? [] : [{ name: t.attempt, value: count(attempt + 1) }]),
    { name: t.created, value: dateTime(createdAt) },
    ...(reviewedAt === null ? [] : [{ name: t.reviewed, value: dateTime(reviewedAt) }]),
  ];
}

function ofGenerator({ generator, seed, decoding, tokens, candidates, costMicroDollars }: Provenance): Fact[] {
  const { kind, name, baseDigest, adapterDigest } = generator;
  return [
    { name: t.generator, value: `${name}, ${t.kinds[kind]}` },
    ...(baseDigest ? [{ name: t.base, value: <Digest value={baseDigest} /> }] : []),
    ...(adapterDigest ? [{ name: t.adapter, value: <Digest value={adapterDigest} /> }] : []),
    { name: t.seed, value: String(seed) },
    ...(decoding ? [{ name: t.sampling, value: sampling(decoding) }] : []),
    { name: t.candidates, value: t.best(count(candidates)) },
    { name: t.tokens, value: count(tokens) },
    ...(costMicroDollars ? [{ name: t.cost, value: dollars(costMicroDollars) }] : []),
  ];
}

function sampling({ temperature, topK, topP }: NonNullable<Provenance["decoding"]>): string {
  const chosen = [
    temperature === null ? null : t.temperature(setting(temperature)),
    topK === null ? null : t.topK(String(topK)),
    topP === null ? null : t.topP(setting(topP)),
  ].filter(Boolean);
  return chosen.join(", ") || t.greedy;
}
