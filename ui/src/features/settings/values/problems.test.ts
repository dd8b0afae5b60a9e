import { expect, test } from "vitest";
import { type FieldProblem, problemAt, withoutProblemsOf, withProblem } from "./problems";

const missingFolder: FieldProblem = { cause: "softPromptEnabled", at: "softPromptModelDir", message: "m", hint: null };
const epochs: FieldProblem = { cause: "trainingEpochs", at: "trainingEpochs", message: "e", hint: null };

test("a problem is shown at the field that is to blame", () => {
  const problems = withProblem(withProblem([], missingFolder), epochs);
  expect(problemAt(problems, "softPromptModelDir")).toBe(missingFolder);
  expect(problemAt(problems, "softPromptEnabled")).toBeUndefined();
  expect(problemAt(problems, "trainingEpochs")).toBe(epochs);
});

test("a problem is over when its cause or its field was saved, and others stay", () => {
  const problems = [missingFolder, epochs];
  expect(withoutProblemsOf(problems, "softPromptModelDir")).toEqual([epochs]);
  expect(withoutProblemsOf(problems, "softPromptEnabled")).toEqual([epochs]);
  expect(withoutProblemsOf(problems, "trainingEpochs")).toEqual([missingFolder]);
});
