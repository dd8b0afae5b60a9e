import { Button, Group, Text } from "@mantine/core";
import { MOST_RUNS } from "../compare/lines";
import { words } from "../words";
import type { useChosen } from "./useChosen";

const t = words.compare;

interface CompareBarProps {
  chosen: ReturnType<typeof useChosen>;
  onCompare: () => void;
}

/** How many runs are chosen, and what can be done with them. */
export function CompareBar({ chosen, onCompare }: CompareBarProps) {
  const many = chosen.runs.length;
  return (
    <Group gap="xs" justify="flex-end">
      <Text fz="sm" c="dimmed" role="status">
        {chosen.isFull ? t.most(MOST_RUNS) : many === 0 ? t.hint : t.chosen(many)}
      </Text>
      {many > 0 ? (
        <Button variant="subtle" size="xs" onClick={chosen.clear}>
          {t.clear}
        </Button>
      ) : null}
      <Button size="xs" variant="default" disabled={many < 2} onClick={onCompare} data-testid="compare-runs">
        {t.open}
      </Button>
    </Group>
  );
}
