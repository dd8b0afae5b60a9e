// What stands under a whole answer: what is odd about it, who really gave it, and how long that took.

import { Group, Text } from "@mantine/core";
import classes from "./AnswerFacts.module.css";
import { Digest } from "./Digest";
import { count, measure, milliseconds } from "./quantity";
import { words } from "./words";

const t = words.answer;

/** A time to load that nobody would notice says nothing. */
const LEAST_LOADING = 10;

interface AnswerFactsProps {
  answer: {
    baseModel: string;
    baseDigest: string;
    adapterDigest: string | null;
    newTokens: number;
    decoding: { seed: number | null; precision: string | null };
    milliseconds: number;
    timing: { loadingMilliseconds: number; firstTokenMilliseconds: number | null; tokensPerSecond: number };
  };
}

/** What is odd about the text itself. */
export function AnswerRemarks({ answer: { text, finish } }: { answer: { text: string; finish: string } }) {
  return (
    <>
      {text === "" ? (
        <Text fz="sm" c="dimmed" ff="monospace" my={4} data-testid="answer-text">
          {t.empty}
        </Text>
      ) : null}
      {finish === "length" ? (
        <Text fz="xs" c="var(--attune-warning)">
          {t.cut}
        </Text>
      ) : null}
    </>
  );
}

export function AnswerFacts({ answer }: AnswerFactsProps) {
  const { baseModel, baseDigest, adapterDigest, newTokens, decoding, timing } = answer;
  const { loadingMilliseconds, firstTokenMilliseconds, tokensPerSecond } = timing;
  const figures = [
    decoding.seed === null ? null : t.seed(String(decoding.seed)),
    loadingMilliseconds < LEAST_LOADING ? null : t.loading(milliseconds(loadingMilliseconds)),
    firstTokenMilliseconds === null ? null : t.firstToken(milliseconds(firstTokenMilliseconds)),
    t.whole(milliseconds(answer.milliseconds)),
    newTokens === 0 ? null : t.speed(measure(tokensPerSecond)),
    t.tokens(newTokens, count(newTokens)),
    decoding.precision === null ? null : t.precision(decoding.precision),
  ];
  return (
    <>
      <Group gap="xs" fz="xs" c="dimmed" className={classes.facts} data-testid="answer-origin">
        <span>
          {adapterDigest ? (
            <>
              {t.adapter} <Digest value={adapterDigest} />
            </>
          ) : (
            t.noAdapter
          )}
        </span>
        <span>
          {t.base(baseModel)} <Digest value={baseDigest} />
        </span>
      </Group>
      <Group gap="xs" fz="xs" c="dimmed" className={classes.facts} data-numbers data-testid="answer-figures">
        {figures.map((figure) => (figure ? <span key={figure}>{figure}</span> : null))}
      </Group>
    </>
  );
}
