import { expect, test } from "vitest";
import { EMPTY, fieldOf, requestOf } from "./parameters";

test("empty fields are left to Attune", () => {
  expect(requestOf(EMPTY, "soft-prompt")).toEqual({});
  expect(requestOf({ ...EMPTY, epochs: "-" }, "lora")).toEqual({});
});

test("a chosen zero is a choice", () => {
  expect(requestOf({ ...EMPTY, patience: 0, warmupSteps: 0 }, "lora")).toEqual({ patience: 0, warmupSteps: 0 });
});

test("what was typed for the other method is not sent", () => {
  const typed = { ...EMPTY, epochs: 2, promptRows: 40, loraRank: 8, loraTargets: ["q"], initialText: "Be brief" };
  expect(requestOf(typed, "soft-prompt")).toEqual({ epochs: 2, promptRows: 40 });
  expect(requestOf(typed, "lora")).toEqual({ epochs: 2, loraRank: 8, loraTargets: ["q"] });
});

test("a text to start from goes only with that start, even an empty one, so that Attune can refuse it", () => {
  const started = (initialPrompt: "text" | "random") =>
    requestOf({ ...EMPTY, initialPrompt, initialText: "Be brief" }, "soft-prompt");
  expect(started("text")).toEqual({ initialPrompt: "text", initialText: "Be brief" });
  expect(started("random")).toEqual({ initialPrompt: "random" });
  expect(requestOf({ ...EMPTY, initialPrompt: "text" }, "soft-prompt").initialText).toBe("");
});

test("the self-check is skipped only on request", () => {
  expect(requestOf({ ...EMPTY, selfCheck: false }, "lora")).toEqual({ skipSelfCheck: true });
});

test("a blamed field is found in the form, or is none of its own", () => {
  expect(fieldOf("patience")).toBe("patience");
  expect(fieldOf("skipSelfCheck")).toBe("selfCheck");
  expect(fieldOf("dataPath")).toBeUndefined();
});
