import { Badge, Tooltip } from "@mantine/core";
import {
  IconAlertTriangle,
  IconCheck,
  IconClock,
  IconPlayerPlay,
  IconPlayerStop,
  IconX,
  type TablerIcon,
} from "@tabler/icons-react";
import type { Run } from "../../../api/types";
import { words } from "../words";

/** The state as an icon, a word and a colour: each alone is enough. */
export function StatusBadge({ run: { status, stopped } }: { run: Run }) {
  const { icon: Icon, color } = LOOKS[status];
  const badge = (
    <Badge
      variant="outline"
      color={color}
      tt="none"
      fw={500}
      radius="sm"
      miw="max-content"
      leftSection={<Icon size={12} aria-hidden />}
      data-testid="run-status"
    >
      {stopped ? words.run.stopped[stopped] : words.run.statuses[status]}
    </Badge>
  );
  return stopped ? <Tooltip label={words.run.stoppedMeaning[stopped]}>{badge}</Tooltip> : badge;
}

const LOOKS: Record<Run["status"], { icon: TablerIcon; color: string }> = {
  queued: { icon: IconClock, color: "var(--attune-base)" },
  running: { icon: IconPlayerPlay, color: "var(--attune-tuned)" },
  completed: { icon: IconCheck, color: "var(--attune-done)" },
  failed: { icon: IconX, color: "var(--attune-failure)" },
  cancelled: { icon: IconPlayerStop, color: "var(--attune-base)" },
  interrupted: { icon: IconAlertTriangle, color: "var(--attune-warning)" },
};
