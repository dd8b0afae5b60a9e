import { NumberInput, Select, SimpleGrid, Stack, Text, Textarea } from "@mantine/core";
import type { UseFormReturnType } from "@mantine/form";
import { Fold } from "../Fold";
import type { Decoding } from "./decoding";
import { words as t } from "./words";

export type DecodingForm = UseFormReturnType<Decoding>;

/** Arrows of numbers; the others are whole. */
const STEPS: Partial<Record<keyof Decoding, number>> = { temperature: 0.1, topP: 0.05, repetitionPenalty: 0.1 };
const NUMBERS = ["temperature", "topK", "topP", "seed", "beams", "repetitionPenalty", "maxNewTokens"] as const;

const PRECISIONS = Object.entries(t.precisions).map(([value, label]) => ({ value, label }));

/** In a fold: the likeliest answer needs none of it. */
export function DecodingOptions({ form }: { form: DecodingForm }) {
  return (
    <Fold label={t.decoding} mustBeOpen={Object.keys(form.errors).length > 0} testId="decoding">
      <Stack gap="sm" pt="xs">
        <Text fz="xs" c="dimmed">
          {t.decodingMeaning}
        </Text>
        <SimpleGrid cols={{ base: 2, lg: 3 }} spacing="sm">
          {NUMBERS.map((name) => (
            <NumberInput
              key={name}
              {...about(form, name)}
              placeholder={t.standard}
              min={0}
              step={STEPS[name] ?? 1}
              allowDecimal={name in STEPS}
              allowNegative={false}
            />
          ))}
          <Select {...about(form, "precision")} data={PRECISIONS} placeholder={t.standard} clearable />
          <Textarea {...about(form, "stop")} autosize minRows={1} maxRows={4} />
        </SimpleGrid>
      </Stack>
    </Fold>
  );
}

function about(form: DecodingForm, name: keyof Decoding) {
  const { label, help } = t.options[name];
  return {
    ...form.getInputProps(name),
    label,
    description: help,
    inputWrapperOrder: ["label" as const, "input" as const, "error" as const, "description" as const],
    "data-testid": `decoding-${name}`,
  };
}
