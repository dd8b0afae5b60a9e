import { expect, test } from "vitest";
import { timeOfDay } from "./timeOfDay";

test("an entry's time is shown to the millisecond", () => {
  expect(timeOfDay("2026-11-21T12:04:56.299895Z")).toBe("12:04:56.299");
});
