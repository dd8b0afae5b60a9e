import { expect, test } from "vitest";
import { actOf, moved } from "./keys";

const plain = { ctrlKey: false, metaKey: false, altKey: false };
const list = { isTyping: false, isList: true };
const beside = { isTyping: false, isList: false };

test("letters decide, in the list and beside it", () => {
  expect(["j", "k", "a", "r", "e", "u", "x"].map((key) => actOf({ ...plain, key }, beside))).toEqual([
    "next",
    "previous",
    "accept",
    "reject",
    "edit",
    "undo",
    undefined,
  ]);
});

test("arrows move in the list alone", () => {
  expect(actOf({ ...plain, key: "ArrowDown" }, list)).toBe("next");
  expect(actOf({ ...plain, key: "ArrowDown" }, beside)).toBeUndefined();
});

test("what is typed is no decision, and neither is a shortcut of the system", () => {
  expect(actOf({ ...plain, key: "a" }, { isTyping: true, isList: false })).toBeUndefined();
  expect(actOf({ ...plain, ctrlKey: true, key: "a" }, list)).toBeUndefined();
  expect(actOf({ ...plain, metaKey: true, key: "r" }, list)).toBeUndefined();
});

test("the selection stays among the rows", () => {
  expect(moved("next", 4, 5, 10)).toBe(4);
  expect(moved("previous", 0, 5, 10)).toBe(0);
  expect(moved("pageDown", 1, 100, 10)).toBe(11);
  expect(moved("pageUp", 4, 100, 10)).toBe(0);
  expect([moved("first", 7, 9, 3), moved("last", 7, 9, 3)]).toEqual([0, 8]);
});
