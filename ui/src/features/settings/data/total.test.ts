import { expect, test } from "vitest";
import type { Stored } from "../../../api/types";
import { bytesInFolder } from "./total";

test("base models are not part of the data folder", () => {
  const entry = (kind: Stored["kind"], bytes: number): Stored => ({ kind, bytes, files: 1, path: "/", problem: null });
  const stored = [entry("database", 10), entry("runs", 5), entry("bases", 1000)];
  expect(bytesInFolder({ folder: "/", freeBytes: null, stored })).toBe(15);
});
