// Asking a model, and reading its answer while it grows.

import { useMutation } from "@tanstack/react-query";
import { createParser } from "eventsource-parser";
import { useCallback, useEffect, useRef, useState } from "react";
import { useApi } from "./client";
import { ApiProblem, type ProblemFields } from "./problem";
import type { Answer, Question } from "./types";

/**
 * Resolves to the whole answer; each piece of its text is handed on before. Aborting `signal` ends the answer there.
 * Rejects with an {@link ApiProblem}, or with an `AbortError`.
 */
export async function streamAnswer(
  fetch: typeof globalThis.fetch,
  question: Question,
  onPiece: (text: string) => void,
  signal: AbortSignal,
): Promise<Answer> {
  let last: { answer: Answer } | { problem: ApiProblem } | undefined;
  const parser = createParser({
    onEvent: ({ event, data }) => {
      if (event === "piece") onPiece((JSON.parse(data) as { text: string }).text);
      if (event === "answer") last = { answer: JSON.parse(data) as Answer };
      if (event === "problem") last = { problem: new ApiProblem(JSON.parse(data) as ProblemFields) };
    },
  });
  try {
    const response = await fetch("/api/v1/generate/stream", {
      method: "POST",
      headers: { "content-type": "application/json", accept: "text/event-stream" },
      body: JSON.stringify(question),
      signal,
    });
    if (!response.ok) throw await ApiProblem.fromResponse(response);
    const reader = response.body?.getReader();
    const decoder = new TextDecoder();
    for (let chunk = await reader?.read(); chunk && !chunk.done; chunk = await reader?.read()) {
      parser.feed(decoder.decode(chunk.value, { stream: true }));
    }
  } catch (error) {
    if (signal.aborted || error instanceof ApiProblem) throw error;
    throw ApiProblem.fromNetworkError(error);
  }
  if (!last) throw ApiProblem.fromNetworkError(new Error("the stream ended without an answer"));
  if ("problem" in last) throw last.problem;
  return last.answer;
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
