import { expect, test } from "vitest";
import type { Model } from "../../api/models";
import { ApiProblem } from "../../api/problem";
import type { Answer } from "../../api/types";
import { begun, ended, happened, isHidden, isUnderWay, type News, type Round } from "./round";

const model = (name: string): Model => ({ name, isTuned: false, asks: { adapter: null, baseModel: name } });
const round = (isBlind = false, random?: () => number) =>
  begun("r1", { prompt: "lamp?", seed: 7 }, [model("a"), model("b")], isBlind, () => "a1", random);
const after = (begun: Round, place: number, ...news: News[]) =>
  news.reduce<Round | undefined>(
    (before, one) => happened(before, { kind: "news", roundId: begun.id, place, news: one }),
    begun,
  ) as Round;
const asking: News = { kind: "asking", id: "a2", question: { prompt: "lamp?", seed: 8 } };
const names = ({ asked }: Round) => asked.map(({ model: { name } }) => name);

test("every model gets the same question", () => {
  expect(round().asked.map(({ question }) => question)).toEqual([
    { prompt: "lamp?", seed: 7, adapter: null, baseModel: "a" },
    { prompt: "lamp?", seed: 7, adapter: null, baseModel: "b" },
  ]);
});

test("an answer grows where it was asked, and its whole text counts in the end", () => {
  const grown = after(round(), 1, asking, { kind: "piece", text: "The" }, { kind: "piece", text: " lamp" });
  expect(grown.asked.map(({ text, state }) => [text, state])).toEqual([
    ["", "waiting"],
    ["The lamp", "asking"],
  ]);
  const whole = after(grown, 1, { kind: "answered", answer: { text: "The lamp." } as Answer });
  expect(whole.asked[1]).toMatchObject({ text: "The lamp.", state: "answered" });
});

test("a round is under way until each answer has ended, however it ended", () => {
  const problem = new ApiProblem({ code: "invalid", message: "no" });
  const half = after(round(), 0, asking, { kind: "failed", problem });
  expect(isUnderWay(half)).toBe(true);
  expect(isUnderWay(after(half, 1, { kind: "stopped" }))).toBe(false);
});

test("a round that was left has no answer under way, and keeps what had come", () => {
  const half = after(round(), 0, asking, { kind: "piece", text: "half" });
  expect(isUnderWay(ended(half))).toBe(false);
  expect(ended(half).asked[0]).toMatchObject({ state: "stopped", text: "half" });
  const done = after(half, 0, { kind: "answered", answer: { text: "whole" } as Answer });
  expect(ended(done).asked[0]).toBe(done.asked[0]);
});

test("whoever is asked again begins anew", () => {
  const problem = new ApiProblem({ code: "invalid", message: "no" });
  const failed = after(round(), 0, { kind: "piece", text: "half" }, { kind: "failed", problem });
  const again = after(failed, 0, asking);
  expect(again.asked[0]).toEqual({ ...round().asked[0], ...asking, kind: undefined, state: "asking" });
});

test("news of an earlier round is nobody's any more", () => {
  const now = round();
  const late = happened(now, { kind: "news", roundId: "r0", place: 0, news: { kind: "piece", text: "late" } });
  expect(late).toBe(now);
});

test("a blind round is hidden until there is a vote, or none is wanted", () => {
  const blind = round(true);
  const voted = happened(blind, { kind: "voted", roundId: "r1", choice: "tie" }) as Round;
  const seen = happened(blind, { kind: "revealed", roundId: "r1" }) as Round;
  expect([round(), blind, voted, seen].map(isHidden)).toEqual([false, true, false, false]);
  expect([voted.choice, seen.choice]).toEqual(["tie", undefined]);
});

test("only a blind round is drawn into another order, and each order comes", () => {
  expect(names(round(false, () => 0.9))).toEqual(["a", "b"]);
  expect(names(round(true, () => 0.1))).toEqual(["a", "b"]);
  expect(names(round(true, () => 0.9))).toEqual(["b", "a"]);
});
