import { Button, Collapse, Group, Stack, Text } from "@mantine/core";
import { IconChevronDown, IconChevronRight } from "@tabler/icons-react";
import { useState } from "react";
import type { Method } from "../../../api/types";
import { StepCard } from "../../../components/StepCard";
import { words } from "../words";
import { AdvancedParameters } from "./AdvancedParameters";
import { Fields, NumberField } from "./fields";
import type { Parameters, ParametersForm } from "./parameters";

const t = words.parameters;

/** The part of the settings that says what an empty field stands for. */
interface Standards {
  trainingEpochs: number;
  trainingMaxSamples: number;
}

interface ParametersCardProps {
  form: ParametersForm;
  method: Method;
  settings: Standards | undefined;
}

export function ParametersCard({ form, method, settings }: ParametersCardProps) {
  const [isOpen, setOpen] = useState(false);
  const dimension = method === "lora" ? "loraRank" : "promptRows";
  const simple: (keyof Parameters)[] = ["epochs", "maxSamples", dimension];
  // An error in a folded field would be a refusal without a reason.
  const isUnfolded = isOpen || Object.keys(form.errors).some((name) => !simple.includes(name as keyof Parameters));
  return (
    <StepCard number={3} title={t.title}>
      <Stack gap="sm">
        <Fields>
          <NumberField form={form} name="epochs" standard={settings?.trainingEpochs} min={1} />
          <NumberField form={form} name={dimension} min={1} />
          <NumberField form={form} name="maxSamples" standard={settings?.trainingMaxSamples} min={1} />
        </Fields>
        <Group justify="space-between" gap="xs">
          <Button
            variant="subtle"
            size="compact-sm"
            w="fit-content"
            px={4}
            aria-expanded={isUnfolded}
            leftSection={isUnfolded ? <IconChevronDown size={16} /> : <IconChevronRight size={16} />}
            onClick={() => setOpen(!isUnfolded)}
            data-testid="advanced"
          >
            {t.advanced}
          </Button>
          <Text fz="xs" c="dimmed">
            {t.optional}
          </Text>
        </Group>
        <Collapse expanded={isUnfolded}>
          <AdvancedParameters form={form} method={method} />
        </Collapse>
      </Stack>
    </StepCard>
  );
}
