// The end of a form that asks: Ask, and Stop while something is answered.

import { Button, Group, Text } from "@mantine/core";
import { words } from "./words";

interface AskButtonsProps {
  isReady: boolean;
  isAsking: boolean;
  onStop: () => void;
}

export function AskButtons({ isReady, isAsking, onStop }: AskButtonsProps) {
  return (
    <Group gap="sm">
      <Text fz="xs" c="dimmed">
        {words.keys}
      </Text>
      {isAsking ? (
        <Button variant="default" onClick={onStop} data-testid="stop-answer">
          {words.stop}
        </Button>
      ) : null}
      <Button type="submit" disabled={!isReady} loading={isAsking} data-testid="ask">
        {words.ask}
      </Button>
    </Group>
  );
}
