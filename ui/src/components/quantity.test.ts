import { expect, test } from "vitest";
import {
  dollars,
  duration,
  measure,
  millions,
  milliseconds,
  percent,
  setting,
  shortDigest,
  size,
  timeLeft,
} from "./quantity";

const plain = (text: string) => text.replaceAll("\u00a0", " ");

test("a share is never rounded up to done", () => {
  expect([0, 0.29, 0.634, 0.9999, 1].map((share) => plain(percent(share)))).toEqual([
    "0 %",
    "29 %",
    "63 %",
    "99 %",
    "100 %",
  ]);
});

test("durations name at most two units", () => {
  expect([6.42, 40.4, 60, 125, 3600, 3790].map((seconds) => plain(duration(seconds)))).toEqual([
    "6.4 s",
    "40 s",
    "1 min",
    "2 min 5 s",
    "1 h",
    "1 h 3 min",
  ]);
});

test("an estimate is whole and never nothing", () => {
  expect([0, 0.2, 3.4, 59.5].map((seconds) => plain(timeLeft(seconds)))).toEqual(["1 s", "1 s", "4 s", "1 min"]);
});

test("measures keep three significant digits over many magnitudes", () => {
  expect([0, 4.21345, 0.083456, 1234.5, 0.00001234].map(measure)).toEqual(["0", "4.21", "0.0835", "1,235", "1.23e-5"]);
});

test("settings read as they were typed", () => {
  expect([0.0003, 0.3, 1e-7, 5].map(setting)).toEqual(["0.0003", "0.3", "1e-7", "5"]);
});

test("latencies change unit at a second", () => {
  expect([243.4, 1000, 12_345].map((value) => plain(milliseconds(value)))).toEqual(["243 ms", "1.0 s", "12.3 s"]);
});

test("sizes of models are in millions", () => {
  expect([9_234_000, 76_961_152, 4096].map((value) => plain(millions(value)))).toEqual([
    "9.2 million",
    "77 million",
    "4,096",
  ]);
});

test("a digest is shown without its algorithm", () => {
  expect(shortDigest("sha256:0123456789abcdef")).toBe("0123456789ab");
});

test("sizes are in the units of file managers", () => {
  expect(size(0)).toBe("0\u00a0bytes");
  expect(size(999)).toBe("999\u00a0bytes");
  expect(size(302_400)).toBe("302\u00a0kB");
  expect(size(1_500_000)).toBe("1.5\u00a0MB");
});

test("money keeps the digits that say something", () => {
  expect([0, 420_000, 12_345_678, 10_000, 4_200, 35].map(dollars)).toEqual([
    "$0.00",
    "$0.42",
    "$12.35",
    "$0.01",
    "$0.0042",
    "$0.000035",
  ]);
});
