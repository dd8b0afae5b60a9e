// Asking a model, and reading its answer while it grows.

import { useMutation } from "@tanstack/react-query";
import { useCallback, useEffect, useRef, useState } from "react";
import { useApi } from "./client";
import { ApiProblem } from "./problem";
import { readParts } from "./stream";
import type { Answer, Question } from "./types";

/**
 * Resolves to the whole answer; each piece of its text is handed on before. Aborting `signal` ends the answer there.
 * Rejects with an {@link ApiProblem}, or with an `AbortError`.
 */
export function streamAnswer(
  fetch: typeof globalThis.fetch,
  question: Question,
  onPiece: (text: string) => void,
  signal: AbortSignal,
): Promise<Answer> {
  const onPart = (name: string, data: unknown) => {
    if (name === "piece") onPiece((data as { text: string }).text);
  };
  return readParts(fetch, { path: "/api/v1/generate/stream", body: question, whole: "answer", onPart }, signal);
}

/** One answer at a time; a new question takes the place of the one before. */
export function useAnswer() {
  const { fetch } = useApi();
  const [text, setText] = useState("");
  const stopped = useRef<AbortController>(undefined);
  const { mutate, reset, ...asked } = useMutation<Answer, unknown, Question>({
    mutationFn: (question) => {
      const controller = new AbortController();
      stopped.current = controller;
      setText("");
      return streamAnswer(fetch, question, (piece) => setText((before) => before + piece), controller.signal);
    },
  });
  const stop = useCallback(() => stopped.current?.abort(), []);
  // Nobody is there to read the rest.
  useEffect(() => stop, [stop]);
  return {
    ask: mutate,
    stop,
    reset,
    /** What has been asked last, if anything. */
    question: asked.variables,
    /** As much of the answer as has come. */
    text,
    answer: asked.data,
    problem: asked.error instanceof ApiProblem ? asked.error : null,
    isAsking: asked.isPending,
    isStopped: asked.isError && !(asked.error instanceof ApiProblem),
  };
}
