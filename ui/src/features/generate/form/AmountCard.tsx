// How many examples, and what that takes on this computer, from what was measured here.

import { NumberInput, Slider, Stack, Text, Tooltip } from "@mantine/core";
import type { BatchEstimate } from "../../../api/types";
import { type Fact, Facts } from "../../../components/Facts";
import { count, dollars, percent, timeLeft } from "../../../components/quantity";
import { StepCard } from "../../../components/StepCard";
import { words } from "../words";
import classes from "./form.module.css";
import { FEWEST, isCountable, MOST, type Wish } from "./wish";

const t = words.amount;

const MARKS = [10, 50, 100, MOST].map((value) => ({ value, label: String(value) }));

interface AmountCardProps {
  numExamples: Wish["numExamples"];
  onChange: (numExamples: Wish["numExamples"]) => void;
  /** Undefined while the first is asked for, or where none can be. */
  estimate: BatchEstimate | undefined;
}

export function AmountCard({ numExamples, onChange, estimate }: AmountCardProps) {
  const isRight = isCountable(numExamples);
  return (
    <StepCard number={1} title={t.title}>
      <Stack gap="sm">
        <div>
          <NumberInput
            w={112}
            label={t.label}
            min={FEWEST}
            max={MOST}
            clampBehavior="none"
            allowDecimal={false}
            allowNegative={false}
            value={numExamples}
            onChange={onChange}
            error={isRight ? undefined : t.wrong}
            data-testid="amount"
          />
          <Slider
            mt="md"
            min={FEWEST}
            max={MOST}
            marks={MARKS}
            value={isRight ? numExamples : Math.min(MOST, Math.max(FEWEST, Number(numExamples) || FEWEST))}
            onChange={onChange}
            label={null}
            thumbLabel={t.slider}
            thumbSize={24}
            classNames={{ markLabel: classes.mark }}
            mb="lg"
            data-testid="amount-slider"
          />
        </div>
        <Text fz="xs" c="dimmed">
          {t.marks}
        </Text>
        <div className={classes.estimate} data-numbers data-testid="estimate">
          <Facts facts={factsOf(estimate)} />
        </div>
      </Stack>
    </StepCard>
  );
}

/** Nothing that was not measured has a number. */
function factsOf(estimate: BatchEstimate | undefined): Fact[] {
  if (!estimate) return [t.time, t.price, t.expected].map((name) => ({ name, value: undefined }));
  const { seconds, keptShare, measuredAttempts, costMicroDollars } = estimate;
  return [
    { name: t.time, value: seconds === null ? <NotMeasured /> : t.about(timeLeft(seconds)) },
    { name: t.price, value: priceOf(costMicroDollars) },
    {
      name: t.expected,
      value: keptShare === null ? undefined : t.share(percent(keptShare), measuredAttempts, count(measuredAttempts)),
    },
  ];
}

function priceOf(microDollars: number | null): string {
  if (microDollars === null) return t.noPrice;
  return microDollars === 0 ? t.free : t.about(dollars(microDollars));
}

function NotMeasured() {
  return (
    <Tooltip label={t.notMeasuredWhy}>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what the tooltip says must be reached by the keyboard too */}
      <span tabIndex={0}>{t.notMeasured}</span>
    </Tooltip>
  );
}
