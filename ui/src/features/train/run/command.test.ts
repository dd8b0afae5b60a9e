import { expect, test } from "vitest";
import type { Run } from "../../../api/types";
import { commandOf } from "./command";

const run = {
  method: "lora",
  sourcePath: "/home/me/it's mine.jsonl",
  outputDir: "/out",
  baseModel: "google/flan-t5-small",
  epochs: 3,
  batchSize: 8,
  learningRate: 0.003,
  seed: 7,
  resumedFrom: null,
  startedFrom: null,
  settings: {
    promptRows: null,
    loraRank: 8,
    loraAlpha: 16,
    loraTargets: ["q", "v"],
    decay: "cosine",
    patience: 0,
    batchTokens: null,
    skipSelfCheck: true,
  },
} as unknown as Run;

test("a command says everything that was chosen and nothing that the run does not have", () => {
  expect(commandOf(run)).toBe(
    "attune train --data '/home/me/it'\\''s mine.jsonl' --output-dir /out --base-model google/flan-t5-small " +
      "--method lora --lora-rank 8 --lora-alpha 16 --lora-targets q,v --epochs 3 --batch-size 8 " +
      "--learning-rate 0.003 --decay cosine --patience 0 --seed 7 --skip-self-check",
  );
});

test("a run that goes on from another is that and nothing else", () => {
  expect(commandOf({ ...run, resumedFrom: "run_1" })).toBe("attune train --resume-from run_1");
});

test("an adapter to begin with decides what is trained", () => {
  const command = commandOf({ ...run, startedFrom: "/other/adapter" });
  expect(command).toContain(" --resume-from /other/adapter ");
  expect(command).not.toMatch(/--method|--lora/);
});
