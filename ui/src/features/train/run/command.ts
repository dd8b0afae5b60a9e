// A run as the command that would do the same in a terminal.

import type { Run } from "../../../api/types";

/** For a POSIX shell. The run's name and folder are left out: the command makes a run of its own. */
export function commandOf(run: Run): string {
  const s = run.settings;
  // A run that goes on from another takes everything from it, and refuses to be told.
  const options: [string, string | number | null | undefined][] = run.resumedFrom
    ? [["resume-from", run.resumedFrom]]
    : [
        ["data", run.sourcePath],
        ["output-dir", run.outputDir],
        ["base-model", run.baseModel],
        ["resume-from", run.startedFrom],
        // An adapter to begin with says itself what it is.
        ...(run.startedFrom ? [] : ofAdapter(run)),
        ["max-samples", s.maxSamples],
        ["epochs", run.epochs],
        ["batch-size", run.batchSize],
        ["batch-tokens", s.batchTokens],
        ["accumulation-steps", s.accumulationSteps],
        ["learning-rate", run.learningRate],
        ["warmup-steps", s.warmupSteps],
        ["decay", s.decay],
        ["gradient-clip", s.gradientClip],
        ["weight-decay", s.weightDecay],
        ["dropout", s.dropout],
        ["precision", s.precision],
        ["patience", s.patience],
        ["validation-steps", s.validationSteps],
        ["source-max-tokens", s.sourceMaxTokens],
        ["target-max-tokens", s.targetMaxTokens],
        ["seed", run.seed],
      ];
  const given = options.flatMap(([name, value]) => (value == null ? [] : [`--${name} ${quoted(String(value))}`]));
  const check = s.skipSelfCheck && !run.resumedFrom ? ["--skip-self-check"] : [];
  return ["attune train", ...given, ...check].join(" ");
}

function ofAdapter({ method, settings: s }: Run): [string, string | number | null | undefined][] {
  return [
    ["method", method],
    ["prompt-rows", s.promptRows],
    ["initial-prompt", s.initialPrompt],
    ["initial-text", s.initialText],
    ["lora-rank", s.loraRank],
    ["lora-alpha", s.loraAlpha],
    ["lora-targets", s.loraTargets?.join(",")],
  ];
}

/** Left as it is where no shell could take it for anything else. */
function quoted(text: string): string {
  return /^[\w@%+:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
