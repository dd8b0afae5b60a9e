import { expect, test } from "vitest";
import { smoothed } from "./smoothing";

test("a constant stays itself from the first value on", () => {
  expect(smoothed([4, 4, 4])).toEqual([4, 4, 4]);
});

test("noise shrinks and the trend stays", () => {
  const noisy = Array.from({ length: 100 }, (_, step) => 5 - step / 25 + (step % 2 ? 0.5 : -0.5));
  const calm = smoothed(noisy);
  const jump = (values: number[]) => Math.abs((values[60] ?? 0) - (values[61] ?? 0));
  expect(jump(calm)).toBeLessThan(jump(noisy) / 5);
  expect(calm.at(-1)).toBeLessThan(2);
});
