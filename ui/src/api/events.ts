// The event stream, fed into the query cache: whole records, so that a missed one never leaves the page wrong.
//
// Invariant: after a lost connection a snapshot comes first, and replaces what was known.

import { hashKey, type QueryClient } from "@tanstack/react-query";
import { createParser, type EventSourceMessage } from "eventsource-parser";
import type { Api } from "./client";
import { mergeCurves, metricsQuery, RUN_LISTS, type RunList, runsQuery, withoutRun, withRun } from "./runs";
import type { Curves, Point, Run, ValidationPoint } from "./types";

type Timing = { firstDelay: number; longestDelay: number; drawEvery: number };

/** Milliseconds. Points come faster than a chart can be drawn or an eye can follow: they are handed on in bundles. */
const TIMING: Timing = { firstDelay: 500, longestDelay: 10_000, drawEvery: 200 };

/** Follows the events until the returned function is called. */
export function followEvents(
  fetch: typeof globalThis.fetch,
  api: Api,
  queries: QueryClient,
  timing: Timing = TIMING,
): () => void {
  const stopped = new AbortController();
  const feed = new Feed(api, queries, timing.drawEvery);
  void (async () => {
    let delay = timing.firstDelay;
    while (!stopped.signal.aborted) {
      // Only a connection that brought a snapshot counts as one: a server that hangs up at once is asked less and less.
      const gotSnapshot = await readOnce(fetch, feed, stopped.signal);
      if (stopped.signal.aborted) break;
      api.connection.set("reconnecting");
      delay = gotSnapshot ? timing.firstDelay : Math.min(delay * 2, timing.longestDelay);
      await pause(delay, stopped.signal);
    }
  })();
  return () => {
    stopped.abort();
    feed.stop();
  };
}

/** Reads one connection to its end, however it ends. Answers whether a snapshot came. */
async function readOnce(fetch: typeof globalThis.fetch, feed: Feed, signal: AbortSignal): Promise<boolean> {
  let gotSnapshot = false;
  const parser = createParser({
    onEvent: (message) => {
      if (message.event === "snapshot") gotSnapshot = true;
      feed.take(message);
    },
  });
  try {
    const response = await fetch("/api/v1/events", { headers: { accept: "text/event-stream" }, signal });
    const reader = response.ok ? response.body?.getReader() : undefined;
    const decoder = new TextDecoder();
    for (;;) {
      const chunk = await reader?.read();
      if (!chunk || chunk.done) return gotSnapshot;
      parser.feed(decoder.decode(chunk.value, { stream: true }));
    }
  } catch {
    // The reason does not matter to anybody: the remedy is always to connect again.
    return gotSnapshot;
  }
}

/** Puts each event where the queries find it. */
class Feed {
  private sequence = 0;
  private isFirstSnapshot = true;
  private readonly waiting = new Map<string, Curves>();
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly api: Api,
    private readonly queries: QueryClient,
    private readonly drawEvery: number,
  ) {}

  take({ event, data }: EventSourceMessage) {
    if (event === "snapshot") this.takeSnapshot(JSON.parse(data) as { sequence: number; runs: Run[] });
    if (event === "run") this.takeRun(JSON.parse(data) as { sequence: number; run: Run });
    if (event === "removed") this.takeRemoved(JSON.parse(data) as { sequence: number; runId: string });
    if (event === "point") {
      const { runId, point } = JSON.parse(data) as { runId: string; point: Point };
      this.waitingOf(runId).points.push(point);
    }
    if (event === "validation") {
      const { runId, validation } = JSON.parse(data) as { runId: string; validation: ValidationPoint };
      this.waitingOf(runId).validation.push(validation);
    }
  }

  stop() {
    clearTimeout(this.timer);
  }

  private takeSnapshot({ sequence, runs }: { sequence: number; runs: Run[] }) {
    this.sequence = sequence;
    const { queryKey } = runsQuery(this.api);
    // A list that was asked for earlier may arrive later than this one, and would set the page back.
    void this.queries.cancelQueries({ queryKey });
    this.queries.setQueryData<Run[]>(queryKey, runs);
    this.api.connection.set("live");
    // Points were missed, and whatever failed while the connection was down deserves another try.
    if (!this.isFirstSnapshot) {
      const current = hashKey(queryKey);
      void this.queries.invalidateQueries({ predicate: ({ queryHash }) => queryHash !== current });
    }
    this.isFirstSnapshot = false;
  }

  private takeRun({ sequence, run }: { sequence: number; run: Run }) {
    if (sequence <= this.sequence) return;
    this.sequence = sequence;
    this.queries.setQueriesData<RunList>(RUN_LISTS, (list) => list && withRun(list, run));
  }

  private takeRemoved({ sequence, runId }: { sequence: number; runId: string }) {
    if (sequence <= this.sequence) return;
    this.sequence = sequence;
    this.queries.setQueriesData<RunList>(RUN_LISTS, (list) => list && withoutRun(list, runId));
  }

  /** Where news of a curve waits until it is time to draw. */
  private waitingOf(runId: string): Curves {
    const waiting = this.waiting.get(runId) ?? { points: [], validation: [] };
    this.waiting.set(runId, waiting);
    this.timer ??= setTimeout(() => this.handOnPoints(), this.drawEvery);
    return waiting;
  }

  private handOnPoints() {
    this.timer = undefined;
    for (const [runId, arrived] of this.waiting) {
      const { queryKey } = metricsQuery(this.api, runId);
      // A curve that nobody looks at is fetched whole once somebody does.
      if (!this.queries.getQueryState(queryKey)) continue;
      this.queries.setQueryData<Curves>(queryKey, (known) => mergeCurves(known, arrived));
    }
    this.waiting.clear();
  }
}

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
