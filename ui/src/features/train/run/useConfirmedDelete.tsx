// Deleting a run: it says what goes before it goes, and what was freed afterwards.

import { Stack, Text } from "@mantine/core";
import { modals } from "@mantine/modals";
import { notifications } from "@mantine/notifications";
import { useDeleteRun, useSpaceOf } from "../../../api/runs";
import type { Run } from "../../../api/types";
import { size } from "../../../components/quantity";
import { words } from "../words";

const t = words.run;

export function useConfirmedDelete(): (run: Run) => void {
  const { mutate } = useDeleteRun();
  return (run) =>
    modals.openConfirmModal({
      title: t.deleteAsk(run.runIdentifier),
      children: <Meaning run={run} />,
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

/** What goes, and how much room that makes. */
function Meaning({ run }: { run: Run }) {
  const { data } = useSpaceOf(run.id);
  return (
    <Stack gap="xs">
      <span style={{ overflowWrap: "anywhere" }}>{t.deleteMeaning(run.runDirectory)}</span>
      <Text fz="sm" c="dimmed" role="status" data-testid="delete-frees">
        {data ? t.wouldFree(size(data.bytes)) : words.loading}
      </Text>
    </Stack>
  );
}
