import { Box, Skeleton, Text, VisuallyHidden } from "@mantine/core";
import type { Feedback, Question } from "../../api/types";
import { AnswerFacts, AnswerRemarks } from "../../components/AnswerFacts";
import { randomSeed } from "../../components/asking/decoding";
import { ProblemNotice } from "../../components/ProblemNotice";
import { useOverflow } from "../../components/useOverflow";
import classes from "./AnswerPane.module.css";
import { VerdictBar } from "./feedback/VerdictBar";
import type { Asked } from "./round";
import { words } from "./words";

const t = words.answers;

interface AnswerPaneProps {
  asked: Asked;
  /** What stands above: the model's name, or its place while names are hidden. */
  heading: string;
  isHidden: boolean;
  /** Asks once more, the same or with another seed. */
  onAgain: (question: Question) => void;
  prompt: string;
  kept: Feedback | undefined;
}

/** One answer while it grows, and under the whole what really gave it. */
export function AnswerPane({ asked, heading, isHidden, onAgain, prompt, kept }: AnswerPaneProps) {
  const { id, model, question, state, text, answer, problem } = asked;
  const { ref, overflows } = useOverflow<HTMLParagraphElement>(text);
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
        <Text
          ref={ref}
          fz="sm"
          className={classes.text}
          // What is scrolled must be reached by keyboard.
          tabIndex={overflows ? 0 : undefined}
          data-testid={state === "asking" ? "answer-growing" : "answer-text"}
        >
          {text}
        </Text>
      ) : null}
      {state === "failed" && problem ? <ProblemNotice problem={problem} onRetry={() => onAgain(question)} /> : null}
      {state === "stopped" ? (
        <Text fz="xs" c="dimmed">
          {text === "" ? t.notBegun : t.ended}
        </Text>
      ) : null}
      {answer ? <AnswerRemarks answer={answer} /> : null}
      {state === "answered" && answer && !isHidden ? (
        <>
          <AnswerFacts answer={answer} />
          <VerdictBar
            key={id}
            id={id}
            model={model.name}
            prompt={prompt}
            answer={answer}
            kept={kept}
            onAnother={answer.decoding.seed === null ? undefined : () => onAgain({ ...question, seed: randomSeed() })}
          />
        </>
      ) : null}
    </Box>
  );
}
