import { expect, test } from "vitest";
import { withPrompt } from "./useSession";

test("a prompt that is asked again comes to the front and is listed once", () => {
  expect(withPrompt(["b", "a"], "a")).toEqual(["a", "b"]);
  expect(withPrompt(["b"], "a")).toEqual(["a", "b"]);
});

test("only so many prompts are remembered", () => {
  const many = Array.from({ length: 30 }, (_, place) => String(place));
  expect(withPrompt(many, "new")).toHaveLength(30);
  expect(withPrompt(many, "new")).not.toContain("29");
});
