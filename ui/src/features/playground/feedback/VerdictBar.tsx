// What can be said of an answer: approve, reject, put right, ask for another. Each is kept at once, and can be undone.

import { Badge, Button, Group, Stack } from "@mantine/core";
import { IconCheck, IconPencil, IconRefresh, IconX, type TablerIcon } from "@tabler/icons-react";
import { useState } from "react";
import { answererOf, useKeepFeedback, useTakeFeedbackBack } from "../../../api/feedback";
import { ApiProblem } from "../../../api/problem";
import type { Answer, Feedback, Verdict } from "../../../api/types";
import { ProblemNotice } from "../../../components/ProblemNotice";
import { useKeptFocus } from "../useKeptFocus";
import { words } from "../words";
import { EditedAnswer } from "./EditedAnswer";
import { feedbackIdOf, VERDICT_COLORS } from "./verdicts";

const t = words.feedback;

interface VerdictBarProps {
  /** Of the answer. */
  id: string;
  model: string;
  prompt: string;
  answer: Answer;
  /** What was kept of it, if anything. */
  kept: Feedback | undefined;
  /** Asks for another answer; absent where the same would come again. */
  onAnother: (() => void) | undefined;
}

export function VerdictBar({ id, model, prompt, answer, kept, onAnother }: VerdictBarProps) {
  const keep = useKeepFeedback();
  const takeBack = useTakeFeedbackBack();
  const [edited, edit] = useState<string>();
  const problem = [keep.error, takeBack.error].find((error) => error instanceof ApiProblem);
  const isBusy = keep.isPending || takeBack.isPending;

  const mode = kept ? "kept" : edited !== undefined ? "editing" : "open";
  const around = useKeptFocus<HTMLDivElement>(mode);

  const say = (verdict: Verdict, editedAnswer: string | null, onKept?: () => void) => {
    // A button that is switched off meanwhile would lose the focus.
    if (isBusy) return;
    const said = { prompt, answer: answer.text, answerer: answererOf(model, answer), decoding: answer.decoding };
    keep.mutate({ body: { id: feedbackIdOf(id), verdict, editedAnswer, ...said } }, { onSuccess: onKept });
  };

  return (
    <Stack gap="xs" mt="xs" {...around}>
      {kept ? (
        <Group gap="xs">
          <Badge variant="outline" color={VERDICT_COLORS[kept.verdict]} data-testid="verdict">
            {t.verdicts[kept.verdict]}
          </Badge>
          <Button
            variant="subtle"
            size="compact-sm"
            aria-label={t.undoOf(t.verdicts[kept.verdict])}
            onClick={() => isBusy || takeBack.mutate({ params: { path: { id: kept.id } } })}
          >
            {t.undo}
          </Button>
        </Group>
      ) : edited !== undefined ? (
        <EditedAnswer
          answer={answer.text}
          edited={edited}
          onEdit={edit}
          onSave={() => say("edited", edited, () => edit(undefined))}
        />
      ) : (
        <Group gap="xs" role="group" aria-label={t.group(model)}>
          <Choice icon={IconCheck} label={t.approve} onClick={() => say("approved", null)} />
          <Choice icon={IconX} label={t.reject} onClick={() => say("rejected", null)} />
          <Choice icon={IconPencil} label={t.edit} onClick={() => edit(answer.text)} />
          {onAnother ? (
            <Choice icon={IconRefresh} label={t.another} onClick={() => say("regenerated", null, onAnother)} />
          ) : null}
        </Group>
      )}
      {problem ? <ProblemNotice problem={problem} /> : null}
    </Stack>
  );
}

function Choice({ icon: Icon, label, onClick }: { icon: TablerIcon; label: string; onClick: () => void }) {
  return (
    <Button variant="default" size="compact-sm" leftSection={<Icon size={14} aria-hidden />} onClick={onClick}>
      {label}
    </Button>
  );
}
