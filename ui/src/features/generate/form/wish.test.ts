import { expect, test } from "vitest";
import type { Run } from "../../../api/types";
import { generatorOf, isCountable, NOTHING_CHOSEN, requestOf } from "./wish";

const known = { genres: ["fantasy", "horror"], styles: ["Be brief.", "Be kind."] };

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
  expect(generatorOf("run:run_1", runs)).toEqual({ kind: "local_t5", adapter: "/adapters/one" });
  expect(generatorOf("run:run_2", runs)).toBeUndefined();
  expect(generatorOf("base:mini", runs)).toEqual({ kind: "local_t5", baseModel: "mini" });
  expect(generatorOf("folder: ", runs)).toBeUndefined();
});
