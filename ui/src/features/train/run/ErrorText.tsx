// An error that may be thousands of characters long: its beginning, the whole below it, or the whole in a dialog to copy.

import { Box, Button, CopyButton, Group, Text } from "@mantine/core";
import { modals } from "@mantine/modals";
import { useState } from "react";
import { words } from "../words";
import classes from "./ErrorText.module.css";

const t = words.history;

interface ErrorTextProps {
  /** The run it belongs to. */
  name: string;
  text: string;
  /** How many lines are shown while it is folded. */
  lines: number;
}

/** Longer than this it is folded; about what fits into three lines of the notes column. */
const SHORT = 120;

export function ErrorText({ name, text, lines }: ErrorTextProps) {
  const [isOpen, setOpen] = useState(false);
  const isShort = text.length <= SHORT && !text.includes("\n");
  return (
    <Box>
      <Text
        fz="sm"
        c="var(--attune-failure)"
        className={isOpen ? classes.whole : classes.text}
        lineClamp={isOpen || isShort ? undefined : lines}
      >
        {text}
      </Text>
      {isShort ? null : (
        <Group gap="xs" mt={4}>
          <Button variant="default" size="compact-xs" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
            {isOpen ? t.hideError : t.showError}
          </Button>
          <Button variant="default" size="compact-xs" onClick={() => openInModal(name, text)}>
            {t.viewInModal}
          </Button>
        </Group>
      )}
    </Box>
  );
}

function openInModal(name: string, text: string) {
  modals.open({
    title: t.modalTitle(name),
    size: "xl",
    children: (
      <>
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region is operable */}
        <pre className={classes.log} tabIndex={0}>
          {text}
        </pre>
        <CopyButton value={text}>
          {({ copied, copy }) => (
            <Button mt="sm" variant="default" onClick={copy}>
              {copied ? t.copied : t.copy}
            </Button>
          )}
        </CopyButton>
      </>
    ),
  });
}
