import { expect, test } from "vitest";
import type { Endpoint, Run } from "../../../api/types";
import { elsewhereOf, generatorOf, isCountable, NOTHING_CHOSEN, requestOf } from "./wish";

const endpoints = [{ id: "end_1", local: true } as Endpoint, { id: "end_2", local: false } as Endpoint];
const known = { genres: ["fantasy", "horror"], styles: ["Be brief.", "Be kind."], endpoints };

test("nothing chosen asks for fifty of all genres, with every style and nothing remembered", () => {
  expect(requestOf(NOTHING_CHOSEN, [], known)).toEqual({
    numExamples: 50,
    genres: [],
    generators: [],
    storeInMemory: false,
    untilKept: false,
    twinThreshold: 0.5,
  });
});

test("an empty field is left to Attune, and a zero is not an empty field", () => {
  const request = requestOf({ ...NOTHING_CHOSEN, candidates: "", references: 0, seed: 0 }, [], known);
  expect(request).not.toHaveProperty("candidates");
  expect(request).toMatchObject({ references: 0, seed: 0 });
});

test("no style is another wish than every style", () => {
  expect(requestOf({ ...NOTHING_CHOSEN, styles: [] }, [], known).styles).toEqual([]);
});

test("a genre or style that is gone from the files is not asked for", () => {
  const wish = { ...NOTHING_CHOSEN, genres: ["fantasy", "western"], styles: ["Be kind.", "Be bold."] };
  expect(requestOf(wish, [], known)).toMatchObject({ genres: ["fantasy"], styles: ["Be kind."] });
});

test("from 1 to 500 examples can be asked for", () => {
  expect([0, 1, 500, 501, ""].map(isCountable)).toEqual([false, true, true, false, false]);
});

test("a run writes with the adapter in its folder", () => {
  const runs = [{ id: "run_1", runDirectory: "/adapters/one" } as Run];
  expect(generatorOf("run:run_1", runs, [])).toEqual({ kind: "local_t5", adapter: "/adapters/one" });
  expect(generatorOf("run:run_2", runs, [])).toBeUndefined();
  expect(generatorOf("base:mini", runs, [])).toEqual({ kind: "local_t5", baseModel: "mini" });
  expect(generatorOf("folder: ", runs, [])).toBeUndefined();
});

test("an endpoint writes and judges as long as it is there, and a file as soon as it is named", () => {
  expect(generatorOf("endpoint:end_1", [], endpoints)).toEqual({ kind: "endpoint", endpoint: "end_1" });
  expect(generatorOf("endpoint:end_0", [], endpoints)).toBeUndefined();
  expect(generatorOf("file: /a:b.gguf ", [], [])).toEqual({ kind: "local_chat", file: "/a:b.gguf" });
  expect(generatorOf("file:", [], [])).toBeUndefined();
  expect(requestOf({ ...NOTHING_CHOSEN, judge: "end_2" }, [], known).judge).toBe("end_2");
  expect(requestOf({ ...NOTHING_CHOSEN, judge: "end_0" }, [], known)).not.toHaveProperty("judge");
});

test("what leaves this computer is told: a writer elsewhere, a judge elsewhere, each once", () => {
  const writers = [{ kind: "endpoint", endpoint: "end_1" } as const, { kind: "endpoint", endpoint: "end_2" } as const];
  const request = { numExamples: 1, generators: writers };
  expect(elsewhereOf({ ...request, judge: "end_2" }, endpoints)).toEqual([endpoints[1]]);
  expect(elsewhereOf({ numExamples: 1, judge: "end_2" }, endpoints)).toEqual([endpoints[1]]);
  expect(elsewhereOf({ numExamples: 1, judge: "end_1" }, endpoints)).toEqual([]);
});
