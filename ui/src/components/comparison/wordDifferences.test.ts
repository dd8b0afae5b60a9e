import { expect, test } from "vitest";
import { wordDifferences } from "./wordDifferences";

function marked(answer: string, expected: string): string {
  return wordDifferences(answer, expected)
    .map(({ text, isExpected }) => (isExpected ? text : text.replace(/\S+/g, "[$&]")))
    .join("");
}

test("what is not expected is marked, word by word", () => {
  expect(marked("light_off: room kitchen. Very good.", "light_on: room kitchen. Very good.")).toBe(
    "[light_off:] room kitchen. Very good.",
  );
  expect(marked("the garage", "light_on: room garage.")).toBe("[the] [garage]");
  expect(marked("One hears rain in the hall", "One hears rain in the hall already.")).toBe(
    "One hears rain in the hall",
  );
  expect(marked("a b b c", "a b c")).toBe("a b [b] c");
});

test("an answer is never changed by marking it", () => {
  for (const [answer, expected] of [
    ["a  b\nc", "b c"],
    ["", "a"],
    ["a", ""],
    ["same same", "same same"],
    ["w ".repeat(500), "w"],
  ] as const) {
    expect(
      wordDifferences(answer, expected)
        .map(({ text }) => text)
        .join(""),
    ).toBe(answer);
  }
});
