import { expect, test } from "vitest";
import type { Run } from "../../../api/types";
import { differencesOf } from "./differences";

const run = {
  baseModel: "attune-mini",
  method: "soft-prompt",
  sourcePath: "/data.jsonl",
  samplesUsed: 60,
  epochs: 3,
  batchSize: 1,
  learningRate: 0.5,
  seed: 1,
  resumedFrom: null,
  startedFrom: null,
  settings: {
    promptRows: 20,
    decay: "linear",
    warmupSteps: 5,
    gradientClip: 1,
    weightDecay: 0,
    dropout: 0,
    patience: 3,
  },
} as unknown as Run;
run.settings.accumulationSteps = 1;
run.settings.sourceMaxTokens = 128;
run.settings.targetMaxTokens = 128;

test("equal runs differ in nothing", () => {
  expect(differencesOf([run, { ...run, id: "other" }])).toEqual([]);
});

test("only what differs is listed, with a gap where a method has no such setting", () => {
  const lora = {
    ...run,
    method: "lora" as const,
    seed: 2,
    settings: { ...run.settings, promptRows: null, loraRank: 16 },
  };
  expect(differencesOf([run, lora])).toEqual([
    { name: "method", values: ["Soft prompt", "LoRA"] },
    { name: "promptRows", values: ["20", undefined] },
    { name: "seed", values: ["1", "2"] },
    { name: "loraRank", values: [undefined, "16"] },
  ]);
});
