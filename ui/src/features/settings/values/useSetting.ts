// One setting under the person's hands: its draft, its way to Attune and back, and what came of that.

import { useState } from "react";
import { ApiProblem } from "../../../api/problem";
import { useChangeSettings, useResetSetting } from "../../../api/settings";
import type { SettingSource, SettingsChange } from "../../../api/types";
import { words } from "../words";
import { isChange, type Kind, toSend } from "./draft";
import type { FieldProblem } from "./problems";

export interface Problems {
  add: (problem: FieldProblem) => void;
  /** What a change of this setting caused, and what was said of it. */
  drop: (name: string) => void;
}

export function useSetting(setting: SettingSource, kind: Kind, problems: Problems) {
  const [draft, setDraft] = useState<{ value: unknown }>();
  const [isSaved, setSaved] = useState(false);
  const change = useChangeSettings();
  const reset = useResetSetting();
  const { name } = setting;

  const done = () => {
    setDraft(undefined);
    setSaved(true);
    problems.drop(name);
  };
  const failed = (error: unknown) => {
    const problem = error instanceof ApiProblem ? error : ApiProblem.fromNetworkError(error);
    problems.add({ cause: name, at: problem.field ?? name, message: problem.message, hint: problem.hint });
    // A switch shows what counts; a text stays for correction.
    if (kind === "switch") setDraft(undefined);
  };
  const save = (value: unknown) => {
    setSaved(false);
    if (!isChange(kind, value, setting.value)) {
      setDraft(undefined);
      problems.drop(name);
      return;
    }
    const sent = toSend(kind, value);
    if ("problem" in sent) {
      problems.add({ cause: name, at: name, message: words.values[sent.problem], hint: null });
      return;
    }
    setDraft({ value });
    change.mutate({ body: { [name]: sent.value } as SettingsChange }, { onSuccess: done, onError: failed });
  };

  return {
    value: draft ? draft.value : setting.value,
    isEdited: draft !== undefined,
    isSaving: change.isPending || reset.isPending,
    isSaved,
    edit: (value: unknown) => {
      setSaved(false);
      setDraft({ value });
    },
    save,
    /** Saves what was typed, if anything was. */
    saveDraft: () => draft && save(draft.value),
    takeBack: () => {
      setDraft(undefined);
      problems.drop(name);
    },
    reset: () => reset.mutate({ params: { path: { name } } }, { onSuccess: done, onError: failed }),
  };
}
