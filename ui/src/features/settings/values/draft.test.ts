import { expect, test } from "vitest";
import { isChange, toSend } from "./draft";

test("a path is trimmed, and an empty one is cleared", () => {
  expect(toSend("folder", " /a b/c ")).toEqual({ value: "/a b/c" });
  expect(toSend("file", "  ")).toEqual({ value: null });
  expect(toSend("choice", "auto")).toEqual({ value: "auto" });
});

test("what is no number is not sent, and an empty field is no zero", () => {
  expect(toSend("number", "0.5")).toEqual({ value: 0.5 });
  expect(toSend("number", 7)).toEqual({ value: 7 });
  expect(toSend("number", "")).toEqual({ problem: "noNumber" });
  expect(toSend("number", "many")).toEqual({ problem: "noNumber" });
});

test("only a change is sent", () => {
  expect(isChange("folder", "", null)).toBe(false);
  expect(isChange("folder", " /a ", "/a")).toBe(false);
  expect(isChange("number", "3", 3)).toBe(false);
  expect(isChange("number", "", 3)).toBe(true);
  expect(isChange("switch", true, false)).toBe(true);
});
