import { Button, Text } from "@mantine/core";
import { useState } from "react";
import { useOverflow } from "../useOverflow";
import { words } from "../words";
import classes from "./LongText.module.css";

const t = words.feedback;

/** The first lines of a text, and the rest on request. */
export function LongText({ text }: { text: string }) {
  const [isOpen, open] = useState(false);
  const { ref, overflows } = useOverflow<HTMLDivElement>(`${isOpen} ${text}`);
  return (
    <>
      <Text ref={ref} component="div" inherit className={classes.text} lineClamp={isOpen ? undefined : 2}>
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
