// Every setting in its group, and below them what was decided before the start.

import { Skeleton, Stack, Text } from "@mantine/core";
import { useMemo, useState } from "react";
import { useBases } from "../../../api/bases";
import { useSettingSources } from "../../../api/settings";
import type { SettingSource } from "../../../api/types";
import { Card } from "../../../components/Card";
import { ProblemNotice } from "../../../components/ProblemNotice";
import { AddressCard } from "../address/AddressCard";
import { words } from "../words";
import type { Kind } from "./draft";
import { Field, type FieldProps, type SettingName } from "./Field";
import { type FieldProblem, withoutProblemsOf, withProblem } from "./problems";
import { Surroundings } from "./Surroundings";
import classes from "./values.module.css";

const t = words.values;

/** Opens the system's dialogs; absent where there are none. */
export interface Pick {
  file?:
    | ((wanted: { title: string; kinds: { name: string; extensions: string[] }[] }) => Promise<string | undefined>)
    | undefined;
  folder?: ((wanted: { title: string }) => Promise<string | undefined>) | undefined;
}

interface Asked {
  name: SettingName;
  kind: Kind;
  step?: number;
}

const SERVED: Asked[] = [
  { name: "softPromptEnabled", kind: "switch" },
  { name: "softPromptModelDir", kind: "folder" },
  { name: "softPromptConfidenceThreshold", kind: "number", step: 0.05 },
];

const TRIGGER: Asked[] = [
  { name: "softPromptDatabasePath", kind: "file" },
  { name: "trainingBaseModel", kind: "choice" },
  { name: "trainingMethod", kind: "choice" },
  { name: "trainingMaxSamples", kind: "number" },
  { name: "trainingEpochs", kind: "number" },
];

const EXAMPLES: Asked[] = [{ name: "automaticTuningEnabled", kind: "switch" }];

const KINDS = [
  { name: t.databases, extensions: ["db", "sqlite", "sqlite3", "jsonl", "csv"] },
  { name: t.allFiles, extensions: ["*"] },
];

interface GeneralProps {
  pick: Pick;
  isServed: boolean;
}

export function General({ pick, isServed }: GeneralProps) {
  const sources = useSettingSources();
  const bases = useBases();
  const [problems, setProblems] = useState<FieldProblem[]>([]);
  const changeProblems = useMemo(
    () => ({
      add: (problem: FieldProblem) => setProblems((known) => withProblem(known, problem)),
      drop: (name: string) => setProblems((known) => withoutProblemsOf(known, name)),
    }),
    [],
  );
  if (sources.error) return <ProblemNotice problem={sources.error} onRetry={() => void sources.refetch()} />;
  if (!sources.data) return <Skeleton height={320} role="status" aria-label={words.loading} />;

  const { settings, surroundings } = sources.data;
  const automatic = bases.data?.find(({ chosenByAuto }) => chosenByAuto)?.name;
  const baseOptions = (value: string) => {
    const names = (bases.data ?? []).map(({ name }) => name);
    // It may name a folder that the list does not know.
    const others = ["auto", ...names].includes(value) ? names : [...names, value];
    return [
      { value: "auto", label: t.choices.auto(automatic) },
      ...others.map((name) => ({ value: name, label: name })),
    ];
  };
  const optionsOf = (setting: SettingSource) =>
    setting.name === "trainingBaseModel"
      ? baseOptions(String(setting.value))
      : (["soft-prompt", "lora"] as const).map((value) => ({ value, label: t.choices[value] }));
  const pickOf = (kind: Kind): FieldProps["pick"] => {
    const { file, folder } = pick;
    if (kind === "file" && file) return () => file({ title: t.chooseFile, kinds: KINDS });
    if (kind === "folder" && folder) return () => folder({ title: t.chooseFolder });
    return undefined;
  };
  const fields = (asked: Asked[]) => (
    <div className={classes.rows}>
      {asked.map(({ name, kind, ...rest }) => {
        const setting = settings.find((found) => found.name === name);
        return setting ? (
          <Field
            key={name}
            setting={{ ...setting, name }}
            kind={kind}
            options={optionsOf(setting)}
            pick={pickOf(kind)}
            problems={problems}
            changeProblems={changeProblems}
            {...rest}
          />
        ) : null;
      })}
    </div>
  );
  return (
    <Stack gap="md">
      <Card title={t.served}>
        <Text fz="sm" c="dimmed" mb="xs">
          {t.servedMeaning}
        </Text>
        {fields(SERVED)}
      </Card>
      <Card title={t.trigger}>
        <Text fz="sm" c="dimmed" mb="xs">
          {t.triggerMeaning}
        </Text>
        {fields(TRIGGER)}
      </Card>
      <Card title={t.examples}>{fields(EXAMPLES)}</Card>
      <AddressCard settings={settings} isServed={isServed} />
      <Surroundings surroundings={surroundings} />
    </Stack>
  );
}
