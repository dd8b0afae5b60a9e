// The question after a blind round, and what it was once there is an answer.

import { Button, Group, Paper, Stack, Text } from "@mantine/core";
import { answererOf, useKeepVote, useTakeVoteBack, useVotes } from "../../../api/feedback";
import { ApiProblem } from "../../../api/problem";
import type { Choice } from "../../../api/types";
import { ProblemNotice } from "../../../components/ProblemNotice";
import { isHidden, isUnderWay, type Round } from "../round";
import { useKeptFocus } from "../useKeptFocus";
import { words } from "../words";
import classes from "./VoteBar.module.css";

const t = words.blind;

const CHOICES: Choice[] = ["left", "right", "tie", "both_bad"];

interface VoteBarProps {
  round: Round;
  onVoted: (choice: Choice) => void;
  /** Shows who answered without a vote. */
  onReveal: () => void;
}

export function VoteBar({ round, onVoted, onReveal }: VoteBarProps) {
  const keep = useKeepVote();
  const takeBack = useTakeVoteBack();
  const { last } = useVotes();
  const around = useKeptFocus<HTMLDivElement>(round.choice ?? "open");
  const [left, right] = round.asked;
  const id = `vote_${round.id}`;
  const problem = [keep.error, takeBack.error].find((error) => error instanceof ApiProblem);
  if (!left || !right || isUnderWay(round) || (!isHidden(round) && !round.choice)) return null;
  const isKept = last?.id === id;

  const vote = (choice: Choice) => {
    // A button that is switched off meanwhile would lose the focus.
    if (!left.answer || !right.answer || keep.isPending) return;
    const body = {
      id,
      choice,
      prompt: round.prompt,
      left: { answerer: answererOf(left.model.name, left.answer), answer: left.answer.text },
      right: { answerer: answererOf(right.model.name, right.answer), answer: right.answer.text },
      decoding: left.answer.decoding,
    };
    keep.mutate({ body }, { onSuccess: () => onVoted(choice) });
  };

  return (
    <Paper component="section" className={classes.bar} aria-label={t.vote} data-testid="vote">
      <Stack gap="xs" {...around}>
        {round.choice ? (
          <Group gap="sm" role="status">
            <Text fz="sm" fw={500} className={classes.thanks}>
              {isKept ? t.thanks[round.choice](left.model.name, right.model.name) : t.takenBack}
            </Text>
            {isKept ? (
              <Button
                variant="subtle"
                size="compact-sm"
                aria-label={t.undoLast}
                onClick={() => takeBack.isPending || takeBack.mutate({ params: { path: { id } } })}
              >
                {words.feedback.undo}
              </Button>
            ) : null}
          </Group>
        ) : left.answer && right.answer ? (
          <Group gap="sm">
            <Text fz="sm" fw={500}>
              {t.vote}
            </Text>
            {CHOICES.map((choice) => (
              <Button key={choice} variant="default" size="compact-sm" onClick={() => vote(choice)}>
                {t.choices[choice]}
              </Button>
            ))}
            <RevealButton onClick={onReveal} />
          </Group>
        ) : (
          <Group gap="sm">
            <Text fz="sm">{t.voided}</Text>
            <RevealButton onClick={onReveal} />
          </Group>
        )}
        {problem ? <ProblemNotice problem={problem} /> : null}
      </Stack>
    </Paper>
  );
}

function RevealButton({ onClick }: { onClick: () => void }) {
  return (
    <Button variant="subtle" size="compact-sm" onClick={onClick}>
      {t.show}
    </Button>
  );
}
