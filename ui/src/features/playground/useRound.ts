// Asks the models of a round, one after the other.
//
// Not together: the computer has one loaded base and few cores, so each would slow the others, and the times under
// the answers would say nothing about the models.

import { useCallback, useEffect, useReducer, useRef } from "react";
import { ulid } from "ulid";
import { streamAnswer } from "../../api/answers";
import { useApi } from "../../api/client";
import { ApiProblem } from "../../api/problem";
import type { Choice, Question } from "../../api/types";
import { ended, happened, type News, type Round } from "./round";

interface Place {
  place: number;
  id: string;
  question: Question;
}

/** The round on the page when another page took its place: whoever comes back finds it. */
let leftBehind: Round | undefined;

export function useRound() {
  const { fetch } = useApi();
  const [round, tell] = useReducer(happened, undefined, () => leftBehind && ended(leftBehind));
  useEffect(() => {
    leftBehind = round;
  }, [round]);
  const underWay = useRef<AbortController>(undefined);
  const stop = useCallback(() => underWay.current?.abort(), []);
  // Nobody is there to read the rest.
  useEffect(() => stop, [stop]);

  const askAt = async (asked: Round, toAsk: Place[], onProblem: (problem: ApiProblem) => void) => {
    stop();
    const controller = new AbortController();
    underWay.current = controller;
    const { signal } = controller;
    for (const { place, id, question } of toAsk) {
      const say = (news: News) => tell({ kind: "news", roundId: asked.id, place, news });
      if (signal.aborted) {
        say({ kind: "stopped" });
        continue;
      }
      say({ kind: "asking", id, question });
      try {
        const answer = await streamAnswer(fetch, question, (text) => say({ kind: "piece", text }), signal);
        say({ kind: "answered", answer });
      } catch (error) {
        if (!(error instanceof ApiProblem)) {
          say({ kind: "stopped" });
          continue;
        }
        say({ kind: "failed", problem: error });
        onProblem(error);
      }
    }
  };

  return {
    round,
    stop,
    /** Begins a round in the place of the one before. */
    ask: (begun: Round, onProblem: (problem: ApiProblem) => void) => {
      tell({ kind: "begin", round: begun });
      const places = begun.asked.map(({ id, question }, place) => ({ place, id, question }));
      void askAt(begun, places, onProblem);
    },
    /** Asks one model of the round once more. */
    askAgain: (place: number, question: Question) => {
      if (round) void askAt(round, [{ place, id: ulid(), question }], () => undefined);
    },
    vote: (roundId: string, choice: Choice) => tell({ kind: "voted", roundId, choice }),
    reveal: (roundId: string) => tell({ kind: "revealed", roundId }),
  };
}
