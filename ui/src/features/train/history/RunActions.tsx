// What can be done with a run that has ended, behind one button in its row.

import { ActionIcon, Menu } from "@mantine/core";
import { useClipboard } from "@mantine/hooks";
import { notifications } from "@mantine/notifications";
import { IconDots, IconTerminal2, IconTrash } from "@tabler/icons-react";
import type { Run } from "../../../api/types";
import { commandOf } from "../run/command";
import { useConfirmedDelete } from "../run/useConfirmedDelete";
import { words } from "../words";

export function RunActions({ run }: { run: Run }) {
  const remove = useConfirmedDelete();
  const { copy } = useClipboard();
  const copyCommand = () => {
    copy(commandOf(run));
    notifications.show({ title: words.run.copied, message: commandOf(run) });
  };
  return (
    <Menu position="bottom-end" portalProps={{ target: "#overlays" }} withInitialFocusPlaceholder={false}>
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" size="md" aria-label={words.history.menu(run.runIdentifier)}>
          <IconDots size={16} aria-hidden />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item leftSection={<IconTerminal2 size={14} aria-hidden />} onClick={copyCommand}>
          {words.run.copyCommand}
        </Menu.Item>
        <Menu.Item leftSection={<IconTrash size={14} aria-hidden />} onClick={() => remove(run)}>
          {words.run.delete}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
