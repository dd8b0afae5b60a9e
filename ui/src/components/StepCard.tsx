// A card that is one numbered step of a form. The number is part of the heading, so it is read out too.

import { Group, Paper, Text, Title } from "@mantine/core";
import { type ReactNode, useId } from "react";
import classes from "./cards.module.css";

interface StepCardProps {
  number: number;
  title: string;
  children: ReactNode;
}

export function StepCard({ number, title, children }: StepCardProps) {
  const id = useId();
  return (
    <Paper component="section" className={classes.card} aria-labelledby={id}>
      <Title order={2} id={id} mb="sm">
        <Group component="span" gap="xs" wrap="nowrap">
          <Text component="span" className={classes.number}>
            {number}
          </Text>
          {title}
        </Group>
      </Title>
      {children}
    </Paper>
  );
}
