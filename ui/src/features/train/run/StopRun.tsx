// Ending a run that is under way: what was learned is saved or discarded, or it goes on after all. One that waits is
// only taken out of the queue.

import { Button, Modal, Stack, Text } from "@mantine/core";
import { modals } from "@mantine/modals";
import { notifications } from "@mantine/notifications";
import { IconPlayerStop } from "@tabler/icons-react";
import { useId, useState } from "react";
import { useCancelRun, useStopRun } from "../../../api/runs";
import type { Run } from "../../../api/types";
import { words } from "../words";

const t = words.run;

export function StopButton({ run }: { run: Run }) {
  const [isAsking, ask] = useState(false);
  const cancel = useConfirmedCancel();
  const stop = useStopRun();
  const discard = useCancelRun();
  const isEnding = stop.isPending || stop.isSuccess || discard.isPending || discard.isSuccess;
  const target = { params: { path: { id: run.id } } };
  if (run.status === "queued") return <EndButton label={t.cancel} onClick={() => cancel(run)} />;
  return (
    <>
      <EndButton label={isEnding ? t.stopping : t.stop} isEnding={isEnding} onClick={() => ask(true)} />
      <Modal opened={isAsking} onClose={() => ask(false)} title={t.stopAsk}>
        <Stack gap="md" data-testid="stop-dialog">
          <Choice label={t.keepGoing} meaning={t.keepGoingMeaning} isFirst onChoose={() => ask(false)} />
          <Choice
            label={t.stopAndSave}
            meaning={t.stopAndSaveMeaning}
            onChoose={() => {
              ask(false);
              stop.mutate(target, { onError: sayThat(t.stopFailed) });
            }}
          />
          <Choice
            label={t.discard}
            meaning={t.discardMeaning}
            isLoss
            onChoose={() => {
              ask(false);
              discard.mutate(target, { onError: sayThat(t.cancelFailed) });
            }}
          />
        </Stack>
      </Modal>
    </>
  );
}

interface EndButtonProps {
  label: string;
  isEnding?: boolean;
  onClick: () => void;
}

function EndButton({ label, isEnding = false, onClick }: EndButtonProps) {
  return (
    <Button
      variant="default"
      size="xs"
      leftSection={<IconPlayerStop size={14} aria-hidden />}
      // Not `disabled`: it has the focus when the dialog closes, and would lose it.
      aria-disabled={isEnding}
      data-disabled={isEnding || undefined}
      onClick={() => !isEnding && onClick()}
      data-testid="stop-run"
    >
      {label}
    </Button>
  );
}

interface ChoiceProps {
  label: string;
  meaning: string;
  /** It has the focus at first, so that a hasty Enter changes nothing. */
  isFirst?: boolean;
  isLoss?: boolean;
  onChoose: () => void;
}

/** A button, and in a sentence what it leaves behind. */
function Choice({ label, meaning, isFirst = false, isLoss = false, onChoose }: ChoiceProps) {
  const id = useId();
  return (
    <div>
      <Button
        fullWidth
        variant={isLoss ? "outline" : "default"}
        color={isLoss ? "var(--attune-failure)" : undefined}
        aria-describedby={id}
        data-autofocus={isFirst || undefined}
        onClick={onChoose}
      >
        {label}
      </Button>
      <Text id={id} fz="sm" c="dimmed" mt={4}>
        {meaning}
      </Text>
    </div>
  );
}

/** For a run in the queue. */
export function useConfirmedCancel(): (run: Run) => void {
  const { mutate } = useCancelRun();
  return (run) =>
    modals.openConfirmModal({
      title: t.cancelAsk,
      children: t.cancelQueuedMeaning,
      labels: { confirm: t.cancel, cancel: t.keep },
      confirmProps: { variant: "outline", color: "var(--attune-failure)" },
      cancelProps: { "data-autofocus": true },
      onConfirm: () => mutate({ params: { path: { id: run.id } } }, { onError: sayThat(t.cancelFailed) }),
    });
}

function sayThat(title: string) {
  return ({ message }: { message: string }) =>
    notifications.show({ color: "var(--attune-failure)", title, message, autoClose: false });
}
