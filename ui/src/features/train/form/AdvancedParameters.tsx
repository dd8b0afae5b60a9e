// The settings that nobody needs for a first run, in groups.

import { Chip, Fieldset, Group, Input, Select, Stack, Switch, Textarea } from "@mantine/core";
import type { ReactNode } from "react";
import { words } from "../words";
import classes from "./AdvancedParameters.module.css";
import { aboutField, Fields, NumberField } from "./fields";
import type { ParametersForm } from "./parameters";
import { placeholderOf, type Standards } from "./standards";
import type { Beginning } from "./useBeginning";

const t = words.parameters;

/** The modules of a T5 layer that a LoRA can train, attention before feed-forward. */
const MODULES = ["q", "k", "v", "o", "wi_0", "wi_1", "wo"];

interface AdvancedParametersProps {
  form: ParametersForm;
  standards: Standards;
  /** Undefined where the adapter to begin with decides what is trained. */
  method: Beginning["method"] | undefined;
}

export function AdvancedParameters({ form, standards, method }: AdvancedParametersProps) {
  return (
    <Stack gap="md">
      {method ? (
        <Section title={t.adapter}>
          {method === "lora" ? (
            <OfLora form={form} standards={standards} />
          ) : (
            <OfSoftPrompt form={form} standards={standards} />
          )}
        </Section>
      ) : null}
      <Section title={t.learning}>
        <Fields>
          <NumberField form={form} standards={standards} name="learningRate" step={0.001} />
          <Select
            {...aboutField(form, "decay")}
            data={optionsOf(t.decays)}
            placeholder={placeholderOf(standards, "decay")}
            clearable
          />
          <NumberField form={form} standards={standards} name="warmupSteps" />
          <NumberField form={form} standards={standards} name="batchSize" min={1} />
          <NumberField form={form} standards={standards} name="accumulationSteps" min={1} />
          <NumberField form={form} standards={standards} name="gradientClip" step={0.1} />
          <NumberField form={form} standards={standards} name="weightDecay" step={0.01} />
          <NumberField form={form} standards={standards} name="dropout" step={0.05} />
        </Fields>
      </Section>
      <Section title={t.validation}>
        <Fields>
          <NumberField form={form} standards={standards} name="patience" />
          <NumberField form={form} standards={standards} name="validationSteps" min={1} />
        </Fields>
      </Section>
      <Section title={t.limits}>
        <Fields>
          <NumberField form={form} standards={standards} name="sourceMaxTokens" min={1} />
          <NumberField form={form} standards={standards} name="targetMaxTokens" min={1} />
          <NumberField form={form} standards={standards} name="batchTokens" min={1} />
        </Fields>
      </Section>
      <Section title={t.repeat}>
        <Fields>
          <Select
            {...aboutField(form, "precision")}
            data={optionsOf(t.precisions)}
            placeholder={placeholderOf(standards, "precision")}
            clearable
          />
          <NumberField form={form} standards={standards} name="seed" />
        </Fields>
        <Switch {...aboutSwitch(form)} mt="sm" />
      </Section>
    </Stack>
  );
}

function OfSoftPrompt({ form, standards }: Omit<AdvancedParametersProps, "method">) {
  return (
    <Stack gap="sm">
      <Select
        {...aboutField(form, "initialPrompt")}
        data={optionsOf(t.initialPrompts)}
        placeholder={placeholderOf(standards, "initialPrompt")}
        clearable
      />
      {form.values.initialPrompt === "text" ? (
        <Textarea {...aboutField(form, "initialText")} autosize minRows={1} maxRows={4} />
      ) : null}
    </Stack>
  );
}

function OfLora({ form, standards }: Omit<AdvancedParametersProps, "method">) {
  const { label, description, error, value, onChange, "data-testid": testId } = aboutField(form, "loraTargets");
  return (
    <Stack gap="sm">
      <Fields>
        <NumberField form={form} standards={standards} name="loraAlpha" step={1} />
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
