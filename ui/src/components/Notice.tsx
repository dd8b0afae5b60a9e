// Something worth knowing that is no failure.

import { Alert } from "@mantine/core";
import { IconInfoCircle } from "@tabler/icons-react";

export function Notice({ text }: { text: string }) {
  return (
    <Alert
      variant="outline"
      color="var(--attune-warning)"
      p="xs"
      icon={<IconInfoCircle aria-hidden />}
      style={{ overflowWrap: "anywhere" }}
    >
      {text}
    </Alert>
  );
}
