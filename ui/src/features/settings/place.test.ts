import { expect, test } from "vitest";
import { sectionOf } from "./place";

test("the address names the open section, and any other address means the first", () => {
  expect(sectionOf("#settings/log")).toBe("log");
  expect([sectionOf("#settings"), sectionOf("#settings/nothing"), sectionOf("")]).toEqual(Array(3).fill("general"));
});
