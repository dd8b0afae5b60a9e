// The heading of a stage. It takes the focus when its stage begins: the button that began it is gone.

import { Title } from "@mantine/core";
import { type ReactNode, useEffect, useRef } from "react";
import classes from "./Welcome.module.css";

export function Heading({ children, takesFocus = true }: { children: ReactNode; takesFocus?: boolean }) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    if (takesFocus) heading.current?.focus();
  }, [takesFocus]);
  return (
    <Title order={1} ref={heading} tabIndex={-1} className={classes.heading}>
      {children}
    </Title>
  );
}
