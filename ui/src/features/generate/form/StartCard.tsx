import { Button, Group, Stack, Text } from "@mantine/core";
import { useId } from "react";
import { ProblemNotice } from "../../../components/ProblemNotice";
import { count } from "../../../components/quantity";
import { StepCard } from "../../../components/StepCard";
import { words } from "../words";
import classes from "./form.module.css";
import { isCountable, type Wish } from "./wish";

const t = words.start;

interface StartCardProps {
  numExamples: Wish["numExamples"];
  /** Why it cannot start, if it cannot. */
  reason: string | undefined;
  /** Names of endpoints that are asked and are not on this computer. */
  elsewhere: string[];
  /** What is said where it can. */
  ready: string;
  isStarting: boolean;
  isPreviewing: boolean;
  onPreview: () => void;
  problem: { message: string; hint?: string | null } | null;
}

export function StartCard(props: StartCardProps) {
  const { numExamples, reason, elsewhere, ready, isStarting, isPreviewing, onPreview, problem } = props;
  const reasonId = useId();
  const costId = useId();
  const described = elsewhere.length > 0 ? `${reasonId} ${costId}` : reasonId;
  return (
    <StepCard number={4} title={t.title}>
      <Stack gap="sm">
        <Text fz="sm" id={reasonId} c={reason ? "dimmed" : undefined} data-testid="generate-reason">
          {reason ?? ready}
        </Text>
        {elsewhere.length > 0 ? (
          <Text fz="sm" c="var(--attune-warning)" className={classes.name} id={costId} data-testid="elsewhere">
            {t.elsewhere(elsewhere)}
          </Text>
        ) : null}
        <Group gap="xs" wrap="nowrap">
          <Button
            type="submit"
            size="md"
            flex={1}
            px="sm"
            disabled={Boolean(reason)}
            loading={isStarting}
            aria-describedby={described}
            data-testid="generate"
          >
            {isCountable(numExamples) ? t.generate(numExamples, count(numExamples)) : t.generateNone}
          </Button>
          <Button
            variant="default"
            size="md"
            px="sm"
            disabled={Boolean(reason)}
            loading={isPreviewing}
            onClick={onPreview}
            aria-describedby={described}
            data-testid="preview"
          >
            {t.preview}
          </Button>
        </Group>
        {problem ? <ProblemNotice problem={problem} /> : null}
      </Stack>
    </StepCard>
  );
}
