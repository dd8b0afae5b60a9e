// An empty place says what belongs there and what the first step is.

import { Stack, Text } from "@mantine/core";

export function Empty({ title, firstStep }: { title: string; firstStep: string }) {
  return (
    <Stack gap={4} py="lg" px="md" align="center" ta="center">
      <Text fw={500}>{title}</Text>
      <Text fz="sm" c="dimmed" maw="48ch">
        {firstStep}
      </Text>
    </Stack>
  );
}
