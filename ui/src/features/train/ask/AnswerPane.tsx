import { Box, Skeleton, Text, VisuallyHidden } from "@mantine/core";
import type { useAnswer } from "../../../api/answers";
import { AnswerFacts, AnswerRemarks } from "../../../components/AnswerFacts";
import { ProblemNotice } from "../../../components/ProblemNotice";
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
      {answer && !isAsking ? (
        <>
          <AnswerRemarks answer={answer} />
          <AnswerFacts answer={answer} />
        </>
      ) : null}
    </Box>
  );
}
