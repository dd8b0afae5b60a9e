// The settings that nobody needs for a first run, in groups.

import { Chip, Fieldset, Group, Input, Select, Stack, Switch, Textarea } from "@mantine/core";
import type { ReactNode } from "react";
import type { Method } from "../../../api/types";
import { words } from "../words";
import classes from "./AdvancedParameters.module.css";
import { aboutField, Fields, NumberField } from "./fields";
import type { ParametersForm } from "./parameters";

const t = words.parameters;

/** The modules of a T5 layer that a LoRA can train, attention before feed-forward. */
const MODULES = ["q", "k", "v", "o", "wi_0", "wi_1", "wo"];

interface AdvancedParametersProps {
  form: ParametersForm;
  method: Method;
}

export function AdvancedParameters({ form, method }: AdvancedParametersProps) {
  return (
    <Stack gap="md">
      <Section title={t.adapter}>{method === "lora" ? <OfLora form={form} /> : <OfSoftPrompt form={form} />}</Section>
      <Section title={t.learning}>
        <Fields>
          <NumberField form={form} name="learningRate" step={0.001} />
          <Select {...aboutField(form, "decay")} data={optionsOf(t.decays)} placeholder={t.standard} clearable />
          <NumberField form={form} name="warmupSteps" />
          <NumberField form={form} name="batchSize" min={1} />
          <NumberField form={form} name="accumulationSteps" min={1} />
          <NumberField form={form} name="gradientClip" step={0.1} />
          <NumberField form={form} name="weightDecay" step={0.01} />
          <NumberField form={form} name="dropout" step={0.05} />
        </Fields>
      </Section>
      <Section title={t.validation}>
        <Fields>
          <NumberField form={form} name="patience" />
          <NumberField form={form} name="validationSteps" min={1} />
        </Fields>
      </Section>
      <Section title={t.limits}>
        <Fields>
          <NumberField form={form} name="sourceMaxTokens" min={1} />
          <NumberField form={form} name="targetMaxTokens" min={1} />
          <NumberField form={form} name="batchTokens" min={1} />
        </Fields>
      </Section>
      <Section title={t.repeat}>
        <Fields>
          <NumberField form={form} name="seed" />
        </Fields>
        <Switch {...aboutSwitch(form)} mt="sm" />
      </Section>
    </Stack>
  );
}

function OfSoftPrompt({ form }: { form: ParametersForm }) {
  return (
    <Stack gap="sm">
      <Select
        {...aboutField(form, "initialPrompt")}
        data={optionsOf(t.initialPrompts)}
        placeholder={t.standard}
        clearable
      />
      {form.values.initialPrompt === "text" ? (
        <Textarea {...aboutField(form, "initialText")} autosize minRows={1} maxRows={4} />
      ) : null}
    </Stack>
  );
}

function OfLora({ form }: { form: ParametersForm }) {
  const { label, description, error, value, onChange, "data-testid": testId } = aboutField(form, "loraTargets");
  return (
    <Stack gap="sm">
      <Fields>
        <NumberField form={form} name="loraAlpha" step={1} />
      </Fields>
      <Input.Wrapper
        label={label}
        labelElement="div"
        description={description}
        error={error}
        inputWrapperOrder={["label", "input", "error", "description"]}
      >
        <Chip.Group multiple value={value as string[]} onChange={onChange}>
          <Group gap={6} my={4} role="group" aria-label={label} data-testid={testId}>
            {MODULES.map((name) => (
              <Chip key={name} value={name} size="xs" variant="outline">
                {name}
              </Chip>
            ))}
          </Group>
        </Chip.Group>
      </Input.Wrapper>
    </Stack>
  );
}

function aboutSwitch(form: ParametersForm) {
  const { inputWrapperOrder: _, ...about } = aboutField(form, "selfCheck", "checkbox");
  return about;
}

function Section({ title, children }: { title: string; children: ReactNode }) {
  return (
    <Fieldset legend={title} variant="unstyled" classNames={{ legend: classes.legend }}>
      {children}
    </Fieldset>
  );
}

function optionsOf(names: Record<string, string>) {
  return Object.entries(names).map(([value, label]) => ({ value, label }));
}
