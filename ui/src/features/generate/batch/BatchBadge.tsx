import {
  IconAlertTriangle,
  IconCheck,
  IconPlayerPlay,
  IconPlayerStop,
  IconX,
  type TablerIcon,
} from "@tabler/icons-react";
import type { BatchStatus } from "../../../api/types";
import { StateBadge } from "../../../components/StateBadge";
import { words } from "../words";

export function BatchBadge({ status }: { status: BatchStatus }) {
  return <StateBadge {...LOOKS[status]} label={words.batch.statuses[status]} data-testid="batch-status" />;
}

const LOOKS: Record<BatchStatus, { icon: TablerIcon; color: string }> = {
  running: { icon: IconPlayerPlay, color: "var(--attune-tuned)" },
  completed: { icon: IconCheck, color: "var(--attune-done)" },
  cancelled: { icon: IconPlayerStop, color: "var(--attune-base)" },
  interrupted: { icon: IconAlertTriangle, color: "var(--attune-warning)" },
  failed: { icon: IconX, color: "var(--attune-failure)" },
};
