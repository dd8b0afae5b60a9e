// The event stream, fed into the query cache: whole records, so that a missed one never leaves the page wrong.
//
// Invariant: after a lost connection a snapshot comes first, and replaces what was known.

import { hashKey, type QueryClient } from "@tanstack/react-query";
import { createParser, type EventSourceMessage } from "eventsource-parser";
import { BATCH_LISTS, batchesQuery, ESTIMATES, withBatch } from "./batches";
import type { Api } from "./client";
import { refreshLists, refreshSums, takeExamples } from "./examples";
import { mergeCurves, metricsQuery, RUN_LISTS, type RunList, runsQuery, withoutRun, withRun } from "./runs";
import type { Batch, Curves, Example, Point, Run, ValidationPoint } from "./types";

type Timing = { firstDelay: number; longestDelay: number; drawEvery: number; sumEvery: number };

/**
 * Milliseconds. Points and examples come faster than a page can be drawn or an eye can follow: they are handed on in
 * bundles. What is counted over examples is asked for anew more seldom still.
 */
const TIMING: Timing = { firstDelay: 500, longestDelay: 10_000, drawEvery: 200, sumEvery: 2000 };

/** Follows the events until the returned function is called. */
export function followEvents(
  fetch: typeof globalThis.fetch,
  api: Api,
  queries: QueryClient,
  timing: Timing = TIMING,
): () => void {
  const stopped = new AbortController();
  const feed = new Feed(api, queries, timing);
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

interface Snapshot {
  sequence: number;
  runs: Run[];
  batches: Batch[];
}

/** Puts each event where the queries find it. */
class Feed {
  private sequence = 0;
  private isFirstSnapshot = true;
  private readonly waiting = new Map<string, Curves>();
  private readonly examples = new Map<string, Example>();
  private timer: ReturnType<typeof setTimeout> | undefined;
  private sumTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly api: Api,
    private readonly queries: QueryClient,
    private readonly timing: Timing,
  ) {}

  take({ event, data }: EventSourceMessage) {
    if (event === "snapshot") this.takeSnapshot(JSON.parse(data) as Snapshot);
    if (event === "run") this.takeRun(JSON.parse(data) as { sequence: number; run: Run });
    if (event === "removed") this.takeRemoved(JSON.parse(data) as { sequence: number; runId: string });
    if (event === "batch") this.takeBatch(JSON.parse(data) as { sequence: number; batch: Batch });
    if (event === "batchRemoved") this.takeBatchRemoved(JSON.parse(data) as { sequence: number; batchId: string });
    if (event === "example") this.takeExample(JSON.parse(data) as { sequence: number; example: Example });
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
    clearTimeout(this.sumTimer);
  }

  private takeSnapshot({ sequence, runs, batches }: Snapshot) {
    this.sequence = sequence;
    const given = [
      { queryKey: runsQuery(this.api).queryKey, list: runs },
      { queryKey: batchesQuery(this.api).queryKey, list: batches },
    ];
    for (const { queryKey, list } of given) {
      // A list that was asked for earlier may arrive later than this one, and would set the page back.
      void this.queries.cancelQueries({ queryKey });
      this.queries.setQueryData<unknown>(queryKey, list);
    }
    this.api.connection.set("live");
    // Points were missed, and whatever failed while the connection was down deserves another try.
    if (!this.isFirstSnapshot) {
      const current = given.map(({ queryKey }) => hashKey(queryKey));
      void this.queries.invalidateQueries({ predicate: ({ queryHash }) => !current.includes(queryHash) });
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

  private takeBatch({ sequence, batch }: { sequence: number; batch: Batch }) {
    if (sequence <= this.sequence) return;
    this.sequence = sequence;
    if (batch.status !== "running") {
      // Whoever reviews what has ended has all of it.
      this.handOn();
      void this.queries.invalidateQueries(ESTIMATES);
      refreshSums(this.queries);
    }
    this.queries.setQueriesData<Batch[]>(BATCH_LISTS, (list) => list && withBatch(list, batch));
  }

  private takeBatchRemoved({ sequence, batchId }: { sequence: number; batchId: string }) {
    if (sequence <= this.sequence) return;
    this.sequence = sequence;
    this.queries.setQueriesData<Batch[]>(BATCH_LISTS, (list) => list?.filter(({ id }) => id !== batchId));
    refreshLists(this.queries);
    refreshSums(this.queries);
  }

  private takeExample({ sequence, example }: { sequence: number; example: Example }) {
    if (sequence <= this.sequence) return;
    this.sequence = sequence;
    this.examples.set(example.id, example);
    this.timer ??= setTimeout(() => this.handOn(), this.timing.drawEvery);
    this.sumTimer ??= setTimeout(() => {
      this.sumTimer = undefined;
      refreshSums(this.queries);
    }, this.timing.sumEvery);
  }

  /** Where news of a curve waits until it is time to draw. */
  private waitingOf(runId: string): Curves {
    const waiting = this.waiting.get(runId) ?? { points: [], validation: [] };
    this.waiting.set(runId, waiting);
    this.timer ??= setTimeout(() => this.handOn(), this.timing.drawEvery);
    return waiting;
  }

  private handOn() {
    clearTimeout(this.timer);
    this.timer = undefined;
    if (this.examples.size > 0) takeExamples(this.queries.getQueryCache().getAll(), [...this.examples.values()]);
    this.examples.clear();
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
