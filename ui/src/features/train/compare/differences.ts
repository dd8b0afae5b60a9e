// What runs were told differently.

import type { Run } from "../../../api/types";
import { type SettingName, settingsOf } from "../run/settings";

interface Difference {
  name: SettingName;
  /** One for each run; undefined where its method has no such setting. */
  values: (string | undefined)[];
}

/** Only the settings that are not the same in all runs, in the order of the form. */
export function differencesOf(runs: Run[]): Difference[] {
  const told = runs.map((run) => new Map(settingsOf(run).map(({ name, value }) => [name, value])));
  const names = new Set(runs.flatMap((run) => settingsOf(run).map(({ name }) => name)));
  return [...names]
    .map((name) => ({ name, values: told.map((settings) => settings.get(name)) }))
    .filter(({ values }) => values.some((value) => value !== values[0]));
}
