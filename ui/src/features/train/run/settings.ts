// Everything that decided what a run learned, by name and in words.

import type { Run } from "../../../api/types";
import { count, setting } from "../../../components/quantity";
import { words } from "../words";

const v = words.values;

export type SettingName = keyof typeof words.settings;

export interface Setting {
  name: SettingName;
  value: string;
}

/** In the order of the form; those that the run's method does not have are left out. */
export function settingsOf(run: Run): Setting[] {
  const s = run.settings;
  const all: [SettingName, string | undefined][] = [
    ["baseModel", run.baseModel],
    ["method", words.base.methods[run.method].name],
    ["sourcePath", run.sourcePath],
    ["samplesUsed", count(run.samplesUsed)],
    ["maxSamples", optional(s.maxSamples, count)],
    ["epochs", count(run.epochs)],
    ["promptRows", optional(s.promptRows, count)],
    ["initialPrompt", optional(s.initialPrompt, (start) => words.parameters.initialPrompts[start])],
    ["initialText", s.initialText ?? undefined],
    ["loraRank", optional(s.loraRank, count)],
    ["loraAlpha", optional(s.loraAlpha, setting)],
    ["loraTargets", s.loraTargets?.join(", ")],
    ["learningRate", setting(run.learningRate)],
    ["decay", words.parameters.decays[s.decay]],
    ["warmupSteps", count(s.warmupSteps)],
    ["batchSize", count(run.batchSize)],
    ["accumulationSteps", count(s.accumulationSteps)],
    ["gradientClip", s.gradientClip === 0 ? v.none : setting(s.gradientClip)],
    ["weightDecay", setting(s.weightDecay)],
    ["dropout", setting(s.dropout)],
    ["precision", words.parameters.precisions[s.precision]],
    ["patience", s.patience === 0 ? v.never : count(s.patience)],
    ["validationSteps", s.validationSteps == null ? v.eachEpoch : count(s.validationSteps)],
    ["sourceMaxTokens", count(s.sourceMaxTokens)],
    ["targetMaxTokens", count(s.targetMaxTokens)],
    ["batchTokens", s.batchTokens == null ? v.none : count(s.batchTokens)],
    ["seed", String(run.seed)],
    ["skipSelfCheck", s.skipSelfCheck ? v.skipped : v.on],
    ["resumedFrom", run.resumedFrom ?? undefined],
    ["startedFrom", run.startedFrom ?? undefined],
  ];
  return all.flatMap(([name, value]) => (value === undefined ? [] : [{ name, value }]));
}

function optional<T>(value: T | null | undefined, write: (value: T) => string): string | undefined {
  return value == null ? undefined : write(value);
}
