import { expect, test } from "vitest";
import { firstChoices, modelOf, NO_FOLDER, runOutside } from "./models";
import type { Base, Run } from "./types";

const base = (name: string) => ({ name }) as Base;
const run = (id: string, status = "completed") =>
  ({ id, status, runIdentifier: `name of ${id}`, baseModel: "mini" }) as Run;

test("a choice names what it asks, whatever is in its name", () => {
  const bases = [base("google/flan:t5")];
  expect(modelOf("base:google/flan:t5", bases, [])).toEqual({
    name: "google/flan:t5",
    isTuned: false,
    asks: { adapter: null, baseModel: "google/flan:t5" },
  });
  expect(modelOf("run:run_1", [], [run("run_1")])?.asks).toEqual({ runId: "run_1" });
  expect(modelOf("folder: /a:b/latest ", [], [])?.asks).toEqual({ adapter: "/a:b/latest" });
});

test("what is not there any more cannot be asked", () => {
  expect(modelOf("base:gone", [base("mini")], [])).toBeUndefined();
  expect(modelOf("run:gone", [], [run("run_1")])).toBeUndefined();
  expect(modelOf(NO_FOLDER, [], [])).toBeUndefined();
  expect(modelOf("", [], [])).toBeUndefined();
  expect(["endpoint:end_1", "file:/a.gguf"].map((text) => modelOf(text, [], []))).toEqual([undefined, undefined]);
});

test("only a run can be outside the runs that are known", () => {
  const known = [run("run_1", "failed")];
  expect(["run:run_1", "run:run_0", "base:run_0", ""].map((text) => runOutside(text, known))).toEqual([
    undefined,
    "run_0",
    undefined,
    undefined,
  ]);
});

test("a person begins with the newest adapter beside its own base", () => {
  const bases = [base("flan"), base("mini")];
  expect(firstChoices(bases, [run("run_2", "failed"), run("run_1")])).toEqual(["run:run_1", "base:mini"]);
  expect(firstChoices(bases, [])).toEqual(["base:flan", "base:mini"]);
  expect(firstChoices([base("mini")], [])).toEqual(["base:mini", "base:mini"]);
});
