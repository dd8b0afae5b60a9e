import { Button, Collapse, Group, Stack, Text } from "@mantine/core";
import { IconChevronDown, IconChevronRight } from "@tabler/icons-react";
import { useState } from "react";
import { StepCard } from "../../../components/StepCard";
import { words } from "../words";
import { AdvancedParameters } from "./AdvancedParameters";
import { Fields, NumberField } from "./fields";
import type { Parameters, ParametersForm } from "./parameters";
import type { Standards } from "./standards";
import type { Beginning } from "./useBeginning";

const t = words.parameters;

/** What of an adapter everybody may want to choose. */
const DIMENSIONS = { lora: "loraRank", "soft-prompt": "promptRows" } as const;

interface ParametersCardProps {
  form: ParametersForm;
  standards: Standards;
  /** Undefined where the adapter to begin with decides what is trained. */
  method: Beginning["method"] | undefined;
}

export function ParametersCard({ form, standards, method }: ParametersCardProps) {
  const [isOpen, setOpen] = useState(false);
  const dimension = method && DIMENSIONS[method];
  const simple: (keyof Parameters)[] = ["epochs", "maxSamples", ...(dimension ? [dimension] : [])];
  // An error in a folded field would be a refusal without a reason.
  const isUnfolded = isOpen || Object.keys(form.errors).some((name) => !simple.includes(name as keyof Parameters));
  return (
    <StepCard number={3} title={t.title}>
      <Stack gap="sm">
        <Fields>
          <NumberField form={form} standards={standards} name="epochs" min={1} />
          {dimension ? <NumberField form={form} standards={standards} name={dimension} min={1} /> : null}
          <NumberField form={form} standards={standards} name="maxSamples" min={1} />
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
          <AdvancedParameters form={form} standards={standards} method={method} />
        </Collapse>
      </Stack>
    </StepCard>
  );
}
