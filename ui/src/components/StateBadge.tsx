import { Badge } from "@mantine/core";
import type { TablerIcon } from "@tabler/icons-react";
import type { Ref } from "react";

interface StateBadgeProps {
  icon: TablerIcon;
  color: string;
  label: string;
  ref?: Ref<HTMLDivElement>;
  "data-testid"?: string;
}

/** A state as an icon, a word and a colour: each alone is enough. */
export function StateBadge({ icon: Icon, color, label, ...others }: StateBadgeProps) {
  return (
    <Badge
      variant="outline"
      color={color}
      tt="none"
      fw={500}
      radius="sm"
      miw="max-content"
      leftSection={<Icon size={12} aria-hidden />}
      {...others}
    >
      {label}
    </Badge>
  );
}
