// Where a prompt is written: with the letters of the data, as high as it needs.

import { Textarea, type TextareaProps } from "@mantine/core";
import { words } from "./words";

export function PromptField(props: TextareaProps) {
  return (
    <Textarea
      label={words.prompt}
      placeholder={words.placeholder}
      autosize
      minRows={2}
      maxRows={8}
      styles={{ input: { fontFamily: "var(--mantine-font-family-monospace)" } }}
      data-testid="prompt"
      {...props}
    />
  );
}
