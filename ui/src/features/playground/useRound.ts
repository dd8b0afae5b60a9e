// Asks the models of a round, one after the other.
//
// Not together: the computer has one loaded base and few cores, so each would slow the others, and the times under
// the answers would say nothing about the models.

import { useCallback, useEffect, useReducer, useRef } from "react";
import { streamAnswer } from "../../api/answers";
import { useApi } from "../../api/client";
import { ApiProblem } from "../../api/problem";
import { happened, type News, type Round } from "./round";

export function useRound() {
  const { fetch } = useApi();
  const [round, tell] = useReducer(happened, undefined);
  const underWay = useRef<AbortController>(undefined);
  const stop = useCallback(() => underWay.current?.abort(), []);
  // Nobody is there to read the rest.
  useEffect(() => stop, [stop]);

  const askAt = async (asked: Round, places: number[], onProblem: (problem: ApiProblem) => void) => {
    stop();
    const controller = new AbortController();
    underWay.current = controller;
    const { signal } = controller;
    for (const place of places) {
      const say = (news: News) => tell({ kind: "news", roundId: asked.id, place, news });
      const question = asked.asked[place]?.question;
      if (signal.aborted || !question) {
        say({ kind: "stopped" });
        continue;
      }
      say({ kind: "asking" });
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
      void askAt(begun, [...begun.asked.keys()], onProblem);
    },
    /** Asks one model of the round once more. */
    askAgain: (place: number) => {
      if (round) void askAt(round, [place], () => undefined);
    },
  };
}
