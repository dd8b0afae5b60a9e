import { expect, test } from "vitest";
import type { Stored } from "../../../api/types";
import { bytesInFolder, placeIn } from "./folder";

test("base models are not part of the data folder", () => {
  const entry = (kind: Stored["kind"], bytes: number): Stored => ({ kind, bytes, files: 1, path: "/", problem: null });
  const stored = [entry("database", 10), entry("runs", 5), entry("bases", 1000)];
  expect(bytesInFolder({ folder: "/", freeBytes: null, stored })).toBe(15);
});

test("what lies in the data folder is named from there on, and nothing else is shortened", () => {
  expect(placeIn("/data", "/data/runs")).toBe("runs");
  expect(placeIn("/data", "/data")).toBe("");
  expect(placeIn("/data", "/database/hub")).toBe("/database/hub");
  expect(placeIn("C:\\data", "C:\\data\\runs")).toBe("runs");
});
