import { Button } from "@mantine/core";

interface UndoButtonProps {
  label: string;
  isBusy: boolean;
  onUndo: () => void;
  testId?: string;
}

/** Takes back what was said last. It is never switched off: it would lose the focus. */
export function UndoButton({ label, isBusy, onUndo, testId }: UndoButtonProps) {
  return (
    <Button variant="subtle" size="compact-sm" onClick={() => isBusy || onUndo()} data-testid={testId}>
      {label}
    </Button>
  );
}
