// Base and tuned beside each other on the rows that a run held out, in a dialog: the answers are longer than the card.

import { Button, Group, Modal } from "@mantine/core";
import { IconColumns2 } from "@tabler/icons-react";
import { useState } from "react";
import { useComparison } from "../../../api/comparison";
import type { Run } from "../../../api/types";
import { SideBySide } from "../../../components/comparison/SideBySide";
import { words } from "../words";

const t = words.run;

export function HeldOutComparison({ run }: { run: Run }) {
  const [isOpen, open] = useState(false);
  return (
    <Group>
      <Button
        size="xs"
        variant="default"
        leftSection={<IconColumns2 size={14} aria-hidden />}
        onClick={() => open(true)}
        data-testid="compare-held-out"
      >
        {t.compareHeldOut}
      </Button>
      <Modal
        opened={isOpen}
        onClose={() => open(false)}
        title={t.heldOutTitle(run.runIdentifier)}
        size="min(1120px, 92vw)"
      >
        <Answers runId={run.id} />
      </Modal>
    </Group>
  );
}

/** Only in the open dialog: nothing is computed for who does not look. */
function Answers({ runId }: { runId: string }) {
  return <SideBySide {...useComparison(runId)} />;
}
