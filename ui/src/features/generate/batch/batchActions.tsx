// Ending a batch, going on with it, taking it away.

import { Button, Tooltip } from "@mantine/core";
import { modals } from "@mantine/modals";
import { notifications } from "@mantine/notifications";
import { IconPlayerPlay, IconPlayerStop, IconTrash } from "@tabler/icons-react";
import { useCancelBatch, useContinueBatch, useDiscardBatch } from "../../../api/batches";
import type { Batch } from "../../../api/types";
import { count } from "../../../components/quantity";
import { goToBatch } from "../place";
import { words } from "../words";

const t = words.batch;

export function CancelButton({ batch }: { batch: Batch }) {
  const { mutate, isPending, isSuccess } = useCancelBatch();
  const isEnding = isPending || isSuccess;
  return (
    <Tooltip label={t.cancelMeaning}>
      <Button
        variant="default"
        size="xs"
        leftSection={<IconPlayerStop size={14} aria-hidden />}
        // Not `disabled`: what has the focus would lose it.
        aria-disabled={isEnding}
        data-disabled={isEnding || undefined}
        onClick={() => isEnding || mutate({ params: { path: { id: batch.id } } }, { onError: sayThat(t.cancelFailed) })}
        data-testid="cancel-batch"
      >
        {t.cancel}
      </Button>
    </Tooltip>
  );
}

export function ContinueButton({ batch }: { batch: Batch }) {
  const { mutate, isPending } = useContinueBatch();
  return (
    <Tooltip label={t.continueMeaning}>
      <Button
        size="xs"
        loading={isPending}
        leftSection={<IconPlayerPlay size={14} aria-hidden />}
        onClick={() => mutate({ params: { path: { id: batch.id } } }, { onError: sayThat(t.continueFailed) })}
        data-testid="continue-batch"
      >
        {t.continue}
      </Button>
    </Tooltip>
  );
}

/** It says what goes before it goes. */
export function DiscardButton({ batch }: { batch: Batch }) {
  const { mutate } = useDiscardBatch({
    onDiscarded: ({ examples }) => {
      notifications.show({ message: t.discarded(examples, count(examples)) });
      goToBatch();
    },
    onFailed: sayThat(t.discardFailed),
  });
  const { attempts, kept } = batch.tallies;
  const ask = () =>
    modals.openConfirmModal({
      title: t.discardAsk,
      children: attempts > 0 ? t.discardMeaning(attempts, count(attempts), count(kept)) : t.discardNone,
      labels: { confirm: t.discardConfirm, cancel: t.keep },
      confirmProps: { variant: "outline", color: "var(--attune-failure)" },
      cancelProps: { "data-autofocus": true },
      onConfirm: () => mutate({ params: { path: { id: batch.id } } }),
    });
  return (
    <Button
      variant="default"
      size="xs"
      leftSection={<IconTrash size={14} aria-hidden />}
      onClick={ask}
      data-testid="discard-batch"
    >
      {t.discard}
    </Button>
  );
}

function sayThat(title: string) {
  return ({ message }: { message: string }) =>
    notifications.show({ color: "var(--attune-failure)", title, message, autoClose: false });
}
