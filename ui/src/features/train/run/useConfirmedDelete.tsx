// Deleting a run: it says what goes before it goes, and what was freed afterwards.

import { modals } from "@mantine/modals";
import { notifications } from "@mantine/notifications";
import { useDeleteRun } from "../../../api/runs";
import type { Run } from "../../../api/types";
import { size } from "../../../components/quantity";
import { words } from "../words";

const t = words.run;

export function useConfirmedDelete(): (run: Run) => void {
  const { mutate } = useDeleteRun();
  return (run) =>
    modals.openConfirmModal({
      title: t.deleteAsk(run.runIdentifier),
      children: <span style={{ overflowWrap: "anywhere" }}>{t.deleteMeaning(run.runDirectory)}</span>,
      labels: { confirm: t.deleteConfirm, cancel: t.keep },
      confirmProps: { variant: "outline", color: "var(--attune-failure)" },
      cancelProps: { "data-autofocus": true },
      onConfirm: () =>
        mutate(
          { params: { path: { id: run.id } } },
          {
            onSuccess: ({ freedBytes, latestMovedTo }) =>
              notifications.show({ title: t.deleted, message: t.freed(size(freedBytes), latestMovedTo) }),
            onError: ({ message }) =>
              notifications.show({
                color: "var(--attune-failure)",
                title: t.deleteFailed,
                message,
                autoClose: false,
              }),
          },
        ),
    });
}
