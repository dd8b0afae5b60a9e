// One setting: how it is asked for, where its value comes from, whether it is saved, and the way back.

import { Button, Group, NumberInput, Select, Switch, Text, TextInput } from "@mantine/core";
import type { KeyboardEvent } from "react";
import type { SettingSource } from "../../../api/types";
import { Notice } from "../../../components/Notice";
import { words } from "../words";
import type { Kind } from "./draft";
import { type FieldProblem, problemAt } from "./problems";
import { Reset } from "./Reset";
import { SourceMark } from "./SourceMark";
import { type Problems, useSetting } from "./useSetting";
import classes from "./values.module.css";

const t = words.values;

export type SettingName = keyof typeof t.fields;

export interface FieldProps {
  setting: SettingSource & { name: SettingName };
  kind: Kind;
  /** Of a choice. */
  options?: { value: string; label: string }[];
  /** Of the arrows of a number; absent for whole numbers. */
  step?: number;
  /** Opens the system's dialog; absent where there is none. */
  pick?: (() => Promise<string | undefined>) | undefined;
  problems: FieldProblem[];
  changeProblems: Problems;
}

export function Field({ setting, kind, options = [], step, pick, problems, changeProblems }: FieldProps) {
  const state = useSetting(setting, kind, changeProblems);
  const { label, help } = t.fields[setting.name];
  const problem = problemAt(problems, setting.name);
  const error = problem ? [problem.message, problem.hint].filter(Boolean).join(" ") : undefined;
  const text = String(state.value ?? "");
  const common = { label, description: help, error, "data-testid": `setting-${setting.name}` };
  const typed = {
    ...common,
    onBlur: state.saveDraft,
    onKeyDown: (event: KeyboardEvent) => {
      if (event.key === "Enter") state.saveDraft();
      if (event.key === "Escape") state.takeBack();
    },
  };
  return (
    <div className={classes.row}>
      {kind === "switch" ? (
        <Switch {...common} checked={state.value === true} onChange={(event) => state.save(event.target.checked)} />
      ) : null}
      {kind === "choice" ? (
        <Select
          {...common}
          data={options}
          value={text}
          allowDeselect={false}
          onChange={(picked) => picked !== null && state.save(picked)}
        />
      ) : null}
      {kind === "number" ? (
        <NumberInput
          {...typed}
          value={state.value as number | string}
          onChange={state.edit}
          step={step ?? 1}
          allowDecimal={step !== undefined}
          allowNegative={false}
          styles={{ wrapper: { maxWidth: "14rem" } }}
        />
      ) : null}
      {kind === "file" || kind === "folder" ? (
        <Group align="end" gap="xs" wrap="nowrap">
          <TextInput
            {...typed}
            flex={1}
            miw={0}
            value={text}
            title={text}
            placeholder={t.notSet}
            spellCheck={false}
            autoComplete="off"
            onChange={(event) => state.edit(event.currentTarget.value)}
          />
          {pick ? (
            <Button
              variant="default"
              flex="none"
              aria-label={t.chooseOf(label)}
              onClick={async () => {
                const picked = await pick();
                if (picked) state.save(picked);
              }}
            >
              {t.choose}
            </Button>
          ) : null}
        </Group>
      ) : null}
      <div className={classes.origin}>
        <SourceMark source={setting.source} />
        <Reset setting={setting} label={label} disabled={state.isSaving} onReset={state.reset} />
        <Text fz="xs" c="dimmed" role="status" data-testid={`state-${setting.name}`}>
          {state.isSaving ? t.saving : state.isEdited ? t.edited : state.isSaved ? t.saved : ""}
        </Text>
      </div>
      {setting.refused ? <Notice text={setting.refused} /> : null}
    </div>
  );
}
