// What stands in an empty field: the value that Attune takes, in the words of the form.

import { setting } from "../../../components/quantity";
import { words } from "../words";
import type { Parameters } from "./parameters";
import type { Defaults } from "./useDefaults";

const t = words.parameters;

export type Standards = Partial<Record<keyof Parameters, string>>;

/** Fields without an entry have a default that is not known yet. */
export function standardsOf(defaults: Defaults): Standards {
  const { known, epochs, maxSamples } = defaults;
  const { settings } = known ?? {};
  const written: Partial<Record<keyof Parameters, number | string | null | undefined>> = {
    epochs,
    maxSamples,
    ...(defaults.areForTheseRows ? { batchSize: known?.batchSize, learningRate: known?.learningRate } : {}),
    seed: known?.seed,
    promptRows: settings?.promptRows,
    initialPrompt: settings?.initialPrompt && t.initialPrompts[settings.initialPrompt],
    loraRank: settings?.loraRank,
    loraAlpha: settings?.loraAlpha,
    warmupSteps: settings?.warmupSteps,
    decay: settings && t.decays[settings.decay],
    accumulationSteps: settings?.accumulationSteps,
    batchTokens: settings && (settings.batchTokens ?? t.noLimit),
    gradientClip: settings?.gradientClip,
    weightDecay: settings?.weightDecay,
    dropout: settings?.dropout,
    precision: settings && t.precisions[settings.precision],
    patience: settings?.patience,
    validationSteps: settings && (settings.validationSteps ?? t.eachEpoch),
    sourceMaxTokens: settings?.sourceMaxTokens,
    targetMaxTokens: settings?.targetMaxTokens,
  };
  return Object.fromEntries(
    Object.entries(written).flatMap(([name, value]) =>
      value == null ? [] : [[name, typeof value === "number" ? setting(value) : value]],
    ),
  );
}

export function placeholderOf(standards: Standards, name: keyof Parameters): string {
  const standard = standards[name];
  return standard === undefined ? t.standard : t.standardOf(standard);
}
