// Answers that come in parts, as server-sent events: each part is handed on, and the last one is the whole.

import { createParser } from "eventsource-parser";
import { ApiProblem, type ProblemFields } from "./problem";

interface Streamed {
  path: string;
  /** Sent as JSON. */
  body: unknown;
  /** Name of the event that has the whole. */
  whole: string;
  /** Told of every other event by its name. */
  onPart: (name: string, data: unknown) => void;
}

/**
 * Resolves to the whole. Aborting `signal` ends the answer there. Rejects with an {@link ApiProblem}, or with an
 * `AbortError`.
 */
export async function readParts<Whole>(
  fetch: typeof globalThis.fetch,
  { path, body, whole, onPart }: Streamed,
  signal: AbortSignal,
): Promise<Whole> {
  let last: { whole: Whole } | { problem: ApiProblem } | undefined;
  const parser = createParser({
    onEvent: ({ event = "", data }) => {
      const read: unknown = JSON.parse(data);
      if (event === whole) last = { whole: read as Whole };
      else if (event === "problem") last = { problem: new ApiProblem(read as ProblemFields) };
      else onPart(event, read);
    },
  });
  try {
    const response = await fetch(path, {
      method: "POST",
      headers: { "content-type": "application/json", accept: "text/event-stream" },
      body: JSON.stringify(body),
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
  if (!last) throw ApiProblem.fromNetworkError(new Error("the stream ended without its whole"));
  if ("problem" in last) throw last.problem;
  return last.whole;
}
