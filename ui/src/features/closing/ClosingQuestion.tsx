// Asked when the window closes on an active run. What each answer does is the window's business, not this dialog's.

import { Alert, Button, Group, Modal, Stack, Text, UnstyledButton } from "@mantine/core";
import { IconDeviceFloppy, IconMoon, IconTrash, type TablerIcon } from "@tabler/icons-react";
import { useState } from "react";
import { activeRun, progressOf, useRuns } from "../../api/runs";
import type { Run } from "../../api/types";
import { percent, timeLeft } from "../../components/quantity";
import classes from "./ClosingQuestion.module.css";
import { words } from "./words";

type Answer = "background" | "stop" | "discard" | "leave";

interface ClosingQuestionProps {
  /** An icon in the tray remains when the window goes. */
  tray: boolean;
  /** Rejects with a sentence if it could not be done. */
  onAnswer: (answer: Answer) => Promise<void>;
  onStay: () => void;
}

export function ClosingQuestion({ tray, onAnswer, onStay }: ClosingQuestionProps) {
  const { data: runs = [] } = useRuns();
  const [given, give] = useState<Answer>();
  const [failure, setFailure] = useState<string>();
  const run = activeRun(runs);
  const waiting = runs.filter(({ status, id }) => status === "queued" && id !== run?.id).length;

  const answer = (wanted: Answer) => {
    give(wanted);
    setFailure(undefined);
    onAnswer(wanted).catch((reason) => {
      give(undefined);
      setFailure(String(reason));
    });
  };
  // An answer under way is carried out first: closing the dialog would only hide that.
  const isBusy = given === "stop" || given === "discard";

  return (
    <Modal
      opened
      onClose={onStay}
      title={title(run)}
      withCloseButton={false}
      closeOnClickOutside={!isBusy}
      closeOnEscape={!isBusy}
      size="md"
    >
      <Stack gap="sm" data-testid="closing-question">
        {failure ? (
          <Alert variant="outline" color="var(--attune-failure)" title={words.failed}>
            {failure}
          </Alert>
        ) : null}
        {run ? (
          <>
            <Text fz="sm">{words.what}</Text>
            <Choice
              icon={IconMoon}
              label={words.background}
              meaning={tray ? words.backgroundInTray : words.backgroundWithoutTray}
              testId="closing-background"
              disabled={isBusy}
              onChoose={() => answer("background")}
            />
            <Choice
              icon={IconDeviceFloppy}
              label={given === "stop" ? words.stopping : words.stop}
              meaning={words.stopMeaning}
              testId="closing-stop"
              disabled={isBusy || run.status === "queued"}
              onChoose={() => answer("stop")}
            />
            <Choice
              icon={IconTrash}
              label={given === "discard" ? words.discarding : words.discard}
              meaning={words.discardMeaning}
              testId="closing-discard"
              disabled={isBusy || run.status === "queued"}
              onChoose={() => answer("discard")}
            />
            {waiting > 0 ? (
              <Text fz="xs" c="dimmed">
                {words.waiting(waiting)}
              </Text>
            ) : null}
          </>
        ) : (
          <Text fz="sm">{isBusy ? words.stopping : words.endedMeaning}</Text>
        )}
        <Group justify="flex-end" gap="sm">
          <Button variant="default" onClick={onStay} disabled={isBusy} data-testid="closing-stay">
            {words.stay}
          </Button>
          {run || isBusy ? null : (
            <Button onClick={() => answer("leave")} data-testid="closing-leave">
              {words.close}
            </Button>
          )}
        </Group>
      </Stack>
    </Modal>
  );
}

interface ChoiceProps {
  icon: TablerIcon;
  label: string;
  meaning: string;
  testId: string;
  disabled: boolean;
  onChoose: () => void;
}

function Choice({ icon: Icon, label, meaning, testId, disabled, onChoose }: ChoiceProps) {
  return (
    <UnstyledButton className={classes.choice} onClick={onChoose} disabled={disabled} data-testid={testId}>
      <Icon size={20} stroke={1.75} aria-hidden className={classes.icon} />
      <span>
        <Text span fz="sm" fw={600} display="block">
          {label}
        </Text>
        <Text span fz="xs" c="dimmed" display="block">
          {meaning}
        </Text>
      </span>
    </UnstyledButton>
  );
}

function title(run: Run | undefined): string {
  if (!run) return words.ended;
  if (run.status === "queued") return words.queued;
  if (run.totalSteps === 0) return words.starting;
  return words.training(percent(progressOf(run)), run.secondsLeft == null ? undefined : timeLeft(run.secondsLeft));
}
