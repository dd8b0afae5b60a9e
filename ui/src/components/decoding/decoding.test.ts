import { expect, test } from "vitest";
import { decodingOf, EMPTY } from "./decoding";

const seven = () => 7;

test("nothing chosen is nothing sent", () => {
  expect(decodingOf(EMPTY, seven)).toEqual({});
});

test("what is drawn has a seed, the given one before any other", () => {
  expect(decodingOf({ ...EMPTY, temperature: 0.7 }, seven)).toEqual({ temperature: 0.7, seed: 7 });
  expect(decodingOf({ ...EMPTY, topP: 0.9, seed: 0 }, seven)).toEqual({ topP: 0.9, seed: 0 });
});

test("each line that is not empty ends the answer", () => {
  expect(decodingOf({ ...EMPTY, stop: "\n.\n and \n" }, seven)).toEqual({ stop: [".", " and "] });
});
