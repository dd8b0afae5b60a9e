import { Box, Group, Skeleton, Text, VisuallyHidden } from "@mantine/core";
import type { Answer } from "../../../api/types";
import { Digest } from "../../../components/Digest";
import { ProblemNotice } from "../../../components/ProblemNotice";
import { count, milliseconds } from "../../../components/quantity";
import { words } from "../words";
import classes from "./AnswerPane.module.css";

const t = words.ask;

interface AnswerPaneProps {
  kind: "tuned" | "base";
  asked: {
    data: Answer | undefined;
    error: { message: string; hint?: string | null } | null;
    isPending: boolean;
  };
}

/** One answer, and under it what really gave it. */
export function AnswerPane({ kind, asked: { data, error, isPending } }: AnswerPaneProps) {
  return (
    <Box className={classes.pane} data-kind={kind} data-testid={`answer-${kind}`}>
      <Text fz="xs" fw={600} className={classes.kind}>
        {t[kind]}
      </Text>
      {isPending ? (
        <>
          <Skeleton height={16} my={4} />
          <VisuallyHidden>{t.thinking}</VisuallyHidden>
        </>
      ) : null}
      {error ? <ProblemNotice problem={error} /> : null}
      {data && !isPending ? <Given answer={data} /> : null}
    </Box>
  );
}

function Given({ answer }: { answer: Answer }) {
  const { text, baseModel, adapterDigest, newTokens, finish } = answer;
  return (
    <>
      <Text fz="sm" className={classes.text} c={text === "" ? "dimmed" : undefined} data-testid="answer-text">
        {text === "" ? t.empty : text}
      </Text>
      {finish === "length" ? (
        <Text fz="xs" c="var(--attune-warning)">
          {t.cut}
        </Text>
      ) : null}
      <Group gap="xs" fz="xs" c="dimmed" className={classes.origin}>
        <span>{baseModel}</span>
        {adapterDigest ? <Digest value={adapterDigest} /> : <span>{t.noAdapter}</span>}
        <span>{milliseconds(answer.milliseconds)}</span>
        <span>{t.tokens(newTokens, count(newTokens))}</span>
      </Group>
    </>
  );
}
