// Named values side by side.

import { Text, VisuallyHidden } from "@mantine/core";
import type { ReactNode } from "react";
import classes from "./Facts.module.css";
import { words } from "./words";

export interface Fact {
  name: string;
  /** Undefined is "not known", which is shown as such and never as a zero. */
  value: ReactNode;
}

export function Facts({ facts }: { facts: Fact[] }) {
  return (
    <dl className={classes.facts}>
      {facts.map(({ name, value }) => (
        <div key={name} className={classes.fact}>
          <Text component="dt" fz="xs" c="dimmed">
            {name}
          </Text>
          <Text component="dd" fz="sm" className={classes.value}>
            {value ?? <Unknown />}
          </Text>
        </div>
      ))}
    </dl>
  );
}

/** A value that is not there, read out as `why`. */
export function Unknown({ why = words.unknown.read }: { why?: string }) {
  return (
    <>
      <span aria-hidden>{words.unknown.shown}</span>
      <VisuallyHidden>{why}</VisuallyHidden>
    </>
  );
}
