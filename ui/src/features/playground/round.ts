// One prompt and what the chosen models make of it: a record that only grows, by events.
//
// Invariant: news of an earlier round, or of an answer that is being asked for anew, changes nothing.

import type { ApiProblem } from "../../api/problem";
import type { Answer, Question } from "../../api/types";
import type { Model } from "./models";

/** Where an answer stands; while one is asked the others wait, so that no time is taken from it. */
type State = "waiting" | "asking" | "answered" | "failed" | "stopped";

export interface Asked {
  model: Model;
  question: Question;
  state: State;
  /** As much of the answer as has come. */
  text: string;
  answer?: Answer;
  problem?: ApiProblem;
}

export interface Round {
  id: string;
  prompt: string;
  /** Whether names, digests and times stay hidden until there is a vote. */
  isBlind: boolean;
  /** In the order in which they are shown and asked. */
  asked: Asked[];
}

export type News =
  | { kind: "asking" }
  | { kind: "piece"; text: string }
  | { kind: "answered"; answer: Answer }
  | { kind: "failed"; problem: ApiProblem }
  | { kind: "stopped" };

type Event = { kind: "begin"; round: Round } | { kind: "news"; roundId: string; place: number; news: News };

export function begun(
  id: string,
  { prompt, ...how }: Question,
  models: Model[],
  isBlind: boolean,
  random: () => number = Math.random,
): Round {
  const ordered = isBlind ? shuffled(models, random) : models;
  const asked = ordered.map(
    (model): Asked => ({ model, question: { prompt, ...how, ...model.asks }, state: "waiting", text: "" }),
  );
  return { id, prompt, isBlind, asked };
}

export function happened(round: Round | undefined, event: Event): Round | undefined {
  if (event.kind === "begin") return event.round;
  if (round?.id !== event.roundId) return round;
  const asked = round.asked.map((one, place) => (place === event.place ? changed(one, event.news) : one));
  return { ...round, asked };
}

export function isUnderWay({ asked }: Round): boolean {
  return asked.some(({ state }) => state === "waiting" || state === "asking");
}

function changed(asked: Asked, news: News): Asked {
  const { model, question } = asked;
  switch (news.kind) {
    case "asking":
      return { model, question, state: "asking", text: "" };
    case "piece":
      return { ...asked, text: asked.text + news.text };
    case "answered":
      return { ...asked, state: "answered", text: news.answer.text, answer: news.answer };
    case "failed":
      return { ...asked, state: "failed", problem: news.problem };
    case "stopped":
      return { ...asked, state: "stopped" };
  }
}

/** Every order equally often (Fisher and Yates). */
function shuffled<T>(values: T[], random: () => number): T[] {
  const left = [...values];
  const drawn: T[] = [];
  while (left.length > 0) drawn.push(...left.splice(Math.floor(random() * left.length), 1));
  return drawn;
}
