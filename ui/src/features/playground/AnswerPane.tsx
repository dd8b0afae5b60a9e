import { Box, Skeleton, Text, VisuallyHidden } from "@mantine/core";
import { AnswerFacts } from "../../components/AnswerFacts";
import { ProblemNotice } from "../../components/ProblemNotice";
import classes from "./AnswerPane.module.css";
import type { Asked } from "./round";
import { words } from "./words";

const t = words.answers;

interface AnswerPaneProps {
  asked: Asked;
  /** What stands above: the model's name, or its place while names are hidden. */
  heading: string;
  isHidden: boolean;
  onAgain: () => void;
}

/** One answer while it grows, and under the whole what really gave it. */
export function AnswerPane({ asked, heading, isHidden, onAgain }: AnswerPaneProps) {
  const { model, state, text, answer, problem } = asked;
  const kind = model.isTuned ? "tuned" : "base";
  return (
    <Box
      component="article"
      className={classes.pane}
      aria-label={heading}
      aria-busy={state === "asking"}
      // Hidden means hidden from the page's source too.
      data-kind={isHidden ? undefined : kind}
      data-testid="answer"
      data-state={state}
    >
      <Text fz="sm" fw={600} className={classes.kind} title={heading}>
        {heading}
      </Text>
      {state === "waiting" ? (
        <Text fz="sm" c="dimmed">
          {t.waiting}
        </Text>
      ) : null}
      {state === "asking" && text === "" ? (
        <>
          <Skeleton height={16} my={4} />
          <VisuallyHidden>{t.thinking}</VisuallyHidden>
        </>
      ) : null}
      {text !== "" ? (
        <Text fz="sm" className={classes.text} data-testid={state === "asking" ? "answer-growing" : "answer-text"}>
          {text}
        </Text>
      ) : null}
      {state === "failed" && problem ? <ProblemNotice problem={problem} onRetry={onAgain} /> : null}
      {state === "stopped" ? (
        <Text fz="xs" c="dimmed">
          {t.ended}
        </Text>
      ) : null}
      {state === "answered" && answer && !isHidden ? <AnswerFacts answer={answer} /> : null}
    </Box>
  );
}
