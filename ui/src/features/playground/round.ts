// One prompt and what the chosen models make of it: a record that only grows, by events.
//
// Invariant: news of an earlier round, or of an answer that is being asked for anew, changes nothing.

import type { Model } from "../../api/models";
import type { ApiProblem } from "../../api/problem";
import type { Answer, Choice, Question } from "../../api/types";

/** Where an answer stands; while one is asked the others wait, so that no time is taken from it. */
type State = "waiting" | "asking" | "answered" | "failed" | "stopped";

export interface Asked {
  /** Of the answer that is asked for now: what is said of it is kept under this. */
  id: string;
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
  /** What was chosen in a blind round. */
  choice?: Choice;
  /** Whether a blind round shows who answered: after a choice, or without one if that was wanted. */
  isRevealed?: boolean;
}

export type News =
  | { kind: "asking"; id: string; question: Question }
  | { kind: "piece"; text: string }
  | { kind: "answered"; answer: Answer }
  | { kind: "failed"; problem: ApiProblem }
  | { kind: "stopped" };

type Event =
  | { kind: "begin"; round: Round }
  | { kind: "voted"; roundId: string; choice: Choice }
  | { kind: "revealed"; roundId: string }
  | { kind: "news"; roundId: string; place: number; news: News };

/** `id` is that of the round; `newId` makes those of its answers. */
export function begun(
  id: string,
  { prompt, ...how }: Question,
  models: Model[],
  isBlind: boolean,
  newId: () => string,
  random: () => number = Math.random,
): Round {
  const ordered = isBlind ? shuffled(models, random) : models;
  const asked = ordered.map(
    (model): Asked => ({ id: newId(), model, question: { prompt, ...how, ...model.asks }, state: "waiting", text: "" }),
  );
  return { id, prompt, isBlind, asked };
}

export function happened(round: Round | undefined, event: Event): Round | undefined {
  if (event.kind === "begin") return event.round;
  if (round?.id !== event.roundId) return round;
  if (event.kind === "voted") return { ...round, choice: event.choice, isRevealed: true };
  if (event.kind === "revealed") return { ...round, isRevealed: true };
  const asked = round.asked.map((one, place) => (place === event.place ? changed(one, event.news) : one));
  return { ...round, asked };
}

export function isUnderWay({ asked }: Round): boolean {
  return asked.some(({ state }) => state === "waiting" || state === "asking");
}

function changed(asked: Asked, news: News): Asked {
  switch (news.kind) {
    case "asking":
      return { id: news.id, model: asked.model, question: news.question, state: "asking", text: "" };
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

/** A round that nobody asks for any more. */
export function ended(round: Round): Round {
  const isOver = ({ state }: Asked) => state !== "waiting" && state !== "asking";
  return { ...round, asked: round.asked.map((one) => (isOver(one) ? one : { ...one, state: "stopped" })) };
}

/** Whether names, digests and times are to stay unknown. */
export function isHidden({ isBlind, isRevealed = false }: Round): boolean {
  return isBlind && !isRevealed;
}

/** Every order equally often (Fisher and Yates). */
function shuffled<T>(values: T[], random: () => number): T[] {
  const left = [...values];
  const drawn: T[] = [];
  while (left.length > 0) drawn.push(...left.splice(Math.floor(random() * left.length), 1));
  return drawn;
}
