import { expect, test } from "vitest";
import type { RunDefaults } from "../../../api/types";
import { placeholderOf, standardsOf } from "./standards";
import type { Defaults } from "./useDefaults";

const settings = { patience: 3, decay: "linear", batchTokens: null, validationSteps: null, promptRows: 20 };
const known = { batchSize: 6, learningRate: 0.5, seed: 1, settings } as RunDefaults;
const defaults: Defaults = { known, epochs: 4, maxSamples: 2000, areForTheseRows: true, problem: null };

test("an empty field shows what Attune takes, a zero as well as an absent limit", () => {
  const standards = standardsOf(defaults);
  expect(placeholderOf(standards, "patience")).toBe("default: 3");
  expect(placeholderOf(standards, "decay")).toBe("default: Linear");
  expect(placeholderOf(standards, "batchTokens")).toBe("default: no limit");
  expect(placeholderOf(standards, "validationSteps")).toBe("default: each epoch");
  expect(placeholderOf(standardsOf({ ...defaults, known: { ...known, seed: 0 } }), "seed")).toBe("default: 0");
});

test("the settings say how many epochs and samples", () => {
  expect(placeholderOf(standardsOf(defaults), "epochs")).toBe("default: 4");
});

test("nothing is shown that depends on rows which nobody has read, or that the method does not have", () => {
  const standards = standardsOf({ ...defaults, areForTheseRows: false });
  expect(placeholderOf(standards, "batchSize")).toBe("default");
  expect(placeholderOf(standards, "promptRows")).toBe("default: 20");
  expect(placeholderOf(standards, "loraRank")).toBe("default");
});
