import { Button, Group, Stack, Textarea } from "@mantine/core";
import { words } from "../words";

const t = words.feedback;

interface EditedAnswerProps {
  /** As it was given. */
  answer: string;
  edited: string;
  /** Without a text: leaves the answer as it was. */
  onEdit: (edited: string | undefined) => void;
  onSave: () => void;
}

/** The answer in a field, to be put right. */
export function EditedAnswer({ answer, edited, onEdit, onSave }: EditedAnswerProps) {
  const isChanged = edited.trim() !== "" && edited !== answer;
  return (
    <Stack gap="xs">
      <Textarea
        label={t.editLabel}
        autosize
        minRows={2}
        maxRows={10}
        styles={{ input: { fontFamily: "var(--mantine-font-family-monospace)" } }}
        value={edited}
        onChange={(event) => onEdit(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key === "Escape") onEdit(undefined);
          if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && isChanged) onSave();
        }}
      />
      <Group gap="xs">
        <Button size="compact-sm" disabled={!isChanged} onClick={onSave}>
          {t.save}
        </Button>
        <Button variant="default" size="compact-sm" onClick={() => onEdit(undefined)}>
          {t.cancel}
        </Button>
      </Group>
    </Stack>
  );
}
