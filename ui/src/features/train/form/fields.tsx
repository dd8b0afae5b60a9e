// How a setting is asked for: name and unit above, what it does and what is wrong with it below.

import { NumberInput, SimpleGrid } from "@mantine/core";
import type { ReactNode } from "react";
import { words } from "../words";
import type { NumberName, Parameters, ParametersForm } from "./parameters";
import { placeholderOf, type Standards } from "./standards";

export function Fields({ children }: { children: ReactNode }) {
  return (
    <SimpleGrid cols={2} spacing="sm" verticalSpacing="sm">
      {children}
    </SimpleGrid>
  );
}

interface NumberFieldProps {
  form: ParametersForm;
  name: NumberName;
  min?: number;
  /** Of the arrows; absent for whole numbers. */
  step?: number;
  standards: Standards;
}

export function NumberField({ form, name, min = 0, step, standards }: NumberFieldProps) {
  return (
    <NumberInput
      {...aboutField(form, name)}
      placeholder={placeholderOf(standards, name)}
      min={min}
      step={step ?? 1}
      allowDecimal={step !== undefined}
      allowNegative={false}
    />
  );
}

/** What every kind of field has. */
export function aboutField(form: ParametersForm, name: keyof Parameters, type: "input" | "checkbox" = "input") {
  const { label, help } = words.parameters.fields[name];
  return {
    ...form.getInputProps(name, { type }),
    label,
    description: help,
    inputWrapperOrder: ["label" as const, "input" as const, "error" as const, "description" as const],
    "data-testid": `parameter-${name}`,
  };
}
