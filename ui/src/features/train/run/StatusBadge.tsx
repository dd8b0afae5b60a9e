import { Tooltip } from "@mantine/core";
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
import { StateBadge } from "../../../components/StateBadge";
import { words } from "../words";

export function StatusBadge({ run: { status, stopped } }: { run: Run }) {
  const label = stopped ? words.run.stopped[stopped] : words.run.statuses[status];
  const badge = <StateBadge {...LOOKS[status]} label={label} data-testid="run-status" />;
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
