import { Box, Group, Skeleton, Text, VisuallyHidden } from "@mantine/core";
import type { useAnswer } from "../../../api/answers";
import type { Answer } from "../../../api/types";
import { Digest } from "../../../components/Digest";
import { ProblemNotice } from "../../../components/ProblemNotice";
import { count, milliseconds } from "../../../components/quantity";
import { words } from "../words";
import classes from "./AnswerPane.module.css";

const t = words.ask;

interface AnswerPaneProps {
  kind: "tuned" | "base";
  asked: ReturnType<typeof useAnswer>;
}

/** One answer while it grows, and under the whole what really gave it. */
export function AnswerPane({ kind, asked: { text, answer, problem, isAsking, isStopped } }: AnswerPaneProps) {
  const shown = isAsking || !answer ? text : answer.text;
  const isWaiting = isAsking && text === "";
  return (
    <Box className={classes.pane} data-kind={kind} data-testid={`answer-${kind}`} aria-busy={isAsking}>
      <Text fz="xs" fw={600} className={classes.kind}>
        {t[kind]}
      </Text>
      {isWaiting ? (
        <>
          <Skeleton height={16} my={4} />
          <VisuallyHidden>{t.thinking}</VisuallyHidden>
        </>
      ) : null}
      {shown !== "" ? (
        <Text fz="sm" className={classes.text} data-testid={isAsking ? "answer-growing" : "answer-text"}>
          {shown}
        </Text>
      ) : null}
      {problem ? <ProblemNotice problem={problem} /> : null}
      {isStopped ? (
        <Text fz="xs" c="dimmed">
          {t.ended}
        </Text>
      ) : null}
      {answer && !isAsking ? <Origin answer={answer} /> : null}
    </Box>
  );
}

function Origin({ answer }: { answer: Answer }) {
  const { text, baseModel, adapterDigest, newTokens, finish, decoding } = answer;
  return (
    <>
      {text === "" ? (
        <Text fz="sm" className={classes.text} c="dimmed" data-testid="answer-text">
          {t.empty}
        </Text>
      ) : null}
      {finish === "length" ? (
        <Text fz="xs" c="var(--attune-warning)">
          {t.cut}
        </Text>
      ) : null}
      <Group gap="xs" fz="xs" c="dimmed" className={classes.origin}>
        <span>{baseModel}</span>
        {adapterDigest ? <Digest value={adapterDigest} /> : <span>{t.noAdapter}</span>}
        {decoding.seed == null ? null : <span>{t.seed(String(decoding.seed))}</span>}
        <span>{milliseconds(answer.milliseconds)}</span>
        <span>{t.tokens(newTokens, count(newTokens))}</span>
      </Group>
    </>
  );
}
