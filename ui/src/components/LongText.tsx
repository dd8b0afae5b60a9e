import { Button, Text } from "@mantine/core";
import { useState } from "react";
import classes from "./LongText.module.css";
import { useOverflow } from "./useOverflow";
import { words } from "./words";

const t = words.longText;

interface LongTextProps {
  text: string;
  /** Lines that are shown at first. */
  lines?: number;
  /** Sentences, rather than letters as they are in data. */
  isProse?: boolean;
}

/** The first lines of a text, and the rest on request. */
export function LongText({ text, lines = 2, isProse = false }: LongTextProps) {
  const [isOpen, open] = useState(false);
  const { ref, overflows } = useOverflow<HTMLDivElement>(`${isOpen} ${text}`);
  return (
    <>
      <Text
        ref={ref}
        component="div"
        inherit
        className={classes.text}
        data-prose={isProse || undefined}
        lineClamp={isOpen ? undefined : lines}
      >
        {text}
      </Text>
      {overflows || isOpen ? (
        <Button variant="subtle" size="compact-xs" px={4} aria-expanded={isOpen} onClick={() => open(!isOpen)}>
          {isOpen ? t.showLess : t.showAll}
        </Button>
      ) : null}
    </>
  );
}
