// Something that most people need not see: closed at first, opened by its name.

import { Button, Collapse } from "@mantine/core";
import { IconChevronDown, IconChevronRight } from "@tabler/icons-react";
import { type ReactNode, useState } from "react";

interface FoldProps {
  label: string;
  /** An error in a folded field would be a refusal without a reason. */
  mustBeOpen?: boolean;
  children: ReactNode;
  testId?: string;
}

export function Fold({ label, mustBeOpen = false, children, testId }: FoldProps) {
  const [wasOpened, setOpen] = useState(false);
  const isOpen = wasOpened || mustBeOpen;
  return (
    <div>
      <Button
        variant="subtle"
        size="compact-sm"
        px={4}
        aria-expanded={isOpen}
        leftSection={isOpen ? <IconChevronDown size={16} aria-hidden /> : <IconChevronRight size={16} aria-hidden />}
        onClick={() => setOpen(!isOpen)}
        data-testid={testId}
      >
        {label}
      </Button>
      <Collapse expanded={isOpen}>{children}</Collapse>
    </div>
  );
}
