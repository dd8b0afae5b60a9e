// The base models in a dialog of the run's form, where one is chosen.

import { Modal } from "@mantine/core";
import { words } from "../words";
import { Bases } from "./Bases";
import type { PickFolder } from "./ImportFolder";

interface BasesDialogProps {
  opened: boolean;
  onClose: () => void;
  /** The name that a run would take now, or `auto`. */
  inUse: string;
  onUse: (name: string) => void;
  pickFolder: PickFolder | undefined;
}

export function BasesDialog({ opened, onClose, inUse, onUse, pickFolder }: BasesDialogProps) {
  return (
    <Modal opened={opened} onClose={onClose} title={words.bases.title} size="lg">
      <Bases use={{ inUse, onUse }} pickFolder={pickFolder} />
    </Modal>
  );
}
