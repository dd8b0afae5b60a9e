// What is going to happen, on which rows, and the button.

import { Button, Group, List, Skeleton, Stack, Text } from "@mantine/core";
import type { FirstStart } from "../../api/types";
import { count } from "../../components/quantity";
import { Heading } from "./Heading";
import { StartButton } from "./StartButton";
import classes from "./Welcome.module.css";
import { words } from "./words";

interface IntroProps {
  sample: FirstStart["sample"];
  /** Its run is on the way to the page. */
  isKnown: boolean;
  onSkip: () => void;
}

export function Intro({ sample, isKnown, onSkip }: IntroProps) {
  if (isKnown) return <Skeleton height={320} role="status" aria-label={words.loading} />;
  return (
    <Stack gap="lg">
      <div>
        <Heading takesFocus={false}>{words.title}</Heading>
        <Text mt="xs" maw="60ch">
          {words.about}
        </Text>
      </div>
      <Stack gap="sm" align="flex-start">
        <Group gap="sm">
          <StartButton label={words.start} />
          <Button size="md" variant="subtle" onClick={onSkip} data-testid="skip-first-start">
            {words.skip}
          </Button>
        </Group>
      </Stack>
      <List type="ordered" spacing={4} maw="68ch">
        {words.steps(count(sample.rows), count(sample.heldOut)).map((step) => (
          <List.Item key={step}>{step}</List.Item>
        ))}
      </List>
      <figure className={classes.panel}>
        <Text component="figcaption" fz="sm" c="dimmed" mb="xs">
          {words.sample(sample.about)}
        </Text>
        <table className={classes.examples}>
          <thead>
            <tr>
              <th scope="col">{words.asked}</th>
              <th scope="col">{words.answered}</th>
            </tr>
          </thead>
          <tbody>
            {sample.examples.map(({ input, output }) => (
              <tr key={input}>
                <td>{input}</td>
                <td>{output}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </figure>
    </Stack>
  );
}
