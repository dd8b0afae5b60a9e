import { Button, Collapse, Group, NumberInput, SimpleGrid, Stack, Text } from "@mantine/core";
import { IconChevronDown, IconChevronRight } from "@tabler/icons-react";
import { useState } from "react";
import { StepCard } from "../../components/StepCard";
import type { Parameters, ParametersForm } from "./parameters";
import { words } from "./words";

const t = words.parameters;

/** The part of the settings that says what an empty field stands for. */
interface Standards {
  trainingEpochs: number;
  trainingMaxSamples: number;
}

interface ParametersCardProps {
  form: ParametersForm;
  settings: Standards | undefined;
}

export function ParametersCard({ form, settings }: ParametersCardProps) {
  const [isOpen, setOpen] = useState(false);
  // An error in a folded field would be a refusal without a reason.
  const isUnfolded = isOpen || ADVANCED.some((name) => form.errors[name]);
  const field = (name: keyof Parameters) => ({
    ...form.getInputProps(name),
    placeholder: t.standard,
    min: 1,
    allowDecimal: false,
    allowNegative: false,
    "data-testid": `parameter-${name}`,
  });
  return (
    <StepCard number={3} title={t.title}>
      <Stack gap="sm">
        <SimpleGrid cols={2} spacing="sm">
          <NumberInput {...field("epochs")} label={t.epochs} placeholder={standardOf(settings?.trainingEpochs)} />
          <NumberInput
            {...field("maxSamples")}
            label={t.samples}
            placeholder={standardOf(settings?.trainingMaxSamples)}
          />
        </SimpleGrid>
        <Group justify="space-between" gap="xs">
          <Button
            variant="subtle"
            size="compact-sm"
            w="fit-content"
            px={4}
            aria-expanded={isUnfolded}
            leftSection={isUnfolded ? <IconChevronDown size={16} /> : <IconChevronRight size={16} />}
            onClick={() => setOpen(!isUnfolded)}
          >
            {t.advanced}
          </Button>
          <Text fz="xs" c="dimmed">
            {t.optional}
          </Text>
        </Group>
        <Collapse expanded={isUnfolded}>
          <SimpleGrid cols={2} spacing="sm">
            <NumberInput {...field("batchSize")} label={t.batchSize} />
            <NumberInput {...field("learningRate")} label={t.learningRate} min={0} step={0.001} allowDecimal />
            <NumberInput {...field("sourceMaxTokens")} label={`${t.sourceMaxTokens} (${t.tokens})`} />
            <NumberInput {...field("targetMaxTokens")} label={`${t.targetMaxTokens} (${t.tokens})`} />
            <NumberInput {...field("seed")} label={t.seed} min={0} />
          </SimpleGrid>
        </Collapse>
      </Stack>
    </StepCard>
  );
}

const ADVANCED = ["batchSize", "learningRate", "seed", "sourceMaxTokens", "targetMaxTokens"] as const;

function standardOf(value: number | undefined): string {
  return value === undefined ? t.standard : t.standardOf(String(value));
}
