import { QueryClient } from "@tanstack/react-query";
import { afterEach, expect, test, vi } from "vitest";
import { batchesQuery } from "./batches";
import { createApi } from "./client";
import { followEvents } from "./events";
import { metricsQuery, runsQuery } from "./runs";
import type { Batch, Curves, Example, ExamplePage, Point, Run } from "./types";

const QUICK = { firstDelay: 1, longestDelay: 4, drawEvery: 1, sumEvery: 1 };

/** A server whose every connection the test writes to by hand. */
class FakeServer {
  connections: ReadableStreamDefaultController<Uint8Array>[] = [];
  refusals = 0;

  readonly fetch: typeof globalThis.fetch = async (_, init) => {
    if (this.refusals > 0) {
      this.refusals -= 1;
      throw new TypeError("connection refused");
    }
    const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
      start: (controller) => {
        this.connections.push(controller);
        init?.signal?.addEventListener("abort", () => controller.error(init.signal?.reason));
      },
    });
    return new Response(body);
  };

  send(event: string, data: unknown) {
    this.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
  }

  write(text: string) {
    this.connections.at(-1)?.enqueue(new TextEncoder().encode(text));
  }
}

function run(id: string, rest: Partial<Run> = {}): Run {
  return { id, createdAt: `2026-11-20T10:00:0${id}Z`, status: "queued", step: 0, ...rest } as Run;
}

const point = (step: number) => ({ step, loss: 5 - step }) as Point;

let stop: (() => void) | undefined;
afterEach(() => stop?.());

async function followed(timing = QUICK) {
  const server = new FakeServer();
  const api = createApi(server.fetch);
  const queries = new QueryClient();
  stop = followEvents(server.fetch, api, queries, timing);
  await vi.waitFor(() => expect(server.connections).toHaveLength(1));
  const runs = () => queries.getQueryData<Run[]>(runsQuery(api).queryKey);
  const curves = (id: string) => queries.getQueryData<Curves>(metricsQuery(api, id).queryKey);
  return { server, api, queries, runs, curves };
}

test("a snapshot becomes the list of runs and the connection is live", async () => {
  const { server, api, runs } = await followed();
  expect(api.connection.get()).toBe("connecting");
  server.send("snapshot", { sequence: 1, runs: [run("2"), run("1")] });
  await vi.waitFor(() => expect(runs()?.map(({ id }) => id)).toEqual(["2", "1"]));
  expect(api.connection.get()).toBe("live");
});

test("an event may come in pieces, between comments", async () => {
  const { server, runs } = await followed();
  server.write(': alive\n\nevent: snapshot\ndata: {"sequence":1,');
  server.write('"runs":[]}\n\n: alive\n\n');
  await vi.waitFor(() => expect(runs()).toEqual([]));
});

test("a changed run takes its place, a new one comes first", async () => {
  const { server, runs } = await followed();
  server.send("snapshot", { sequence: 1, runs: [run("2"), run("1")] });
  server.send("run", { sequence: 2, run: run("1", { status: "running", step: 7 }) });
  server.send("run", { sequence: 3, run: run("3") });
  await vi.waitFor(() =>
    expect(runs()?.map(({ id, step }) => [id, step])).toEqual([
      ["3", 0],
      ["2", 0],
      ["1", 7],
    ]),
  );
});

test("a record older than the snapshot changes nothing", async () => {
  const { server, runs } = await followed();
  server.send("snapshot", { sequence: 9, runs: [run("1", { step: 7 })] });
  server.send("run", { sequence: 8, run: run("1", { step: 6 }) });
  server.send("run", { sequence: 10, run: run("2") });
  await vi.waitFor(() => expect(runs()).toHaveLength(2));
  expect(runs()?.find(({ id }) => id === "1")?.step).toBe(7);
});

test("points join a curve that is looked at, and no other", async () => {
  const { server, api, queries, curves } = await followed();
  queries.setQueryData(metricsQuery(api, "1").queryKey, { points: [point(1)], validation: [] });
  server.send("point", { sequence: 1, runId: "1", point: point(2) });
  server.send("point", { sequence: 2, runId: "1", point: point(3) });
  server.send("point", { sequence: 3, runId: "2", point: point(1) });
  server.send("validation", { sequence: 4, runId: "1", validation: { step: 3, epoch: 1, loss: 2.5 } });
  await vi.waitFor(() => expect(curves("1")?.points.map(({ step }) => step)).toEqual([1, 2, 3]));
  await vi.waitFor(() => expect(curves("1")?.validation).toEqual([{ step: 3, epoch: 1, loss: 2.5 }]));
  expect(curves("2")).toBeUndefined();
});

test("a change reaches every list of runs, whatever its length", async () => {
  const { server, api, queries } = await followed();
  const long = api.doors.queryOptions("get", "/api/v1/runs", { params: { query: { limit: 1000 } } }).queryKey;
  queries.setQueryData(long, [run("2"), run("1")]);
  server.send("snapshot", { sequence: 1, runs: [run("2"), run("1")] });
  server.send("run", { sequence: 2, run: run("1", { step: 7 }) });
  server.send("removed", { sequence: 3, runId: "2" });
  await vi.waitFor(() =>
    expect(queries.getQueryData<Run[]>(long)?.map(({ id, step }) => [id, step])).toEqual([["1", 7]]),
  );
});

const batch = (id: string, status: Batch["status"] = "running") =>
  ({ id, status, createdAt: `2026-11-21T10:00:0${id}Z` }) as Batch;

test("batches come with the snapshot, change by events, and go", async () => {
  const { server, api, queries } = await followed();
  const batches = () => queries.getQueryData<Batch[]>(batchesQuery(api).queryKey);
  server.send("snapshot", { sequence: 1, runs: [], batches: [batch("1", "completed")] });
  server.send("batch", { sequence: 2, batch: batch("2") });
  server.send("batch", { sequence: 3, batch: batch("2", "interrupted") });
  await vi.waitFor(() =>
    expect(batches()?.map(({ id, status }) => [id, status])).toEqual([
      ["2", "interrupted"],
      ["1", "completed"],
    ]),
  );
  server.send("batchRemoved", { sequence: 4, batchId: "2" });
  await vi.waitFor(() => expect(batches()?.map(({ id }) => id)).toEqual(["1"]));
});

test("examples join the lists that mean them, and what is counted over them is asked for anew", async () => {
  const { server, api, queries } = await followed();
  const keyOf = (batchId: string) =>
    api.doors.queryOptions("get", "/api/v1/examples", { params: { query: { batch: batchId, limit: 250 } } }).queryKey;
  for (const id of ["1", "2"]) {
    queries.setQueryData(keyOf(id), { pages: [{ examples: [], total: 0, next: null }], pageParams: [null] });
  }
  const readiness = api.doors.queryOptions("get", "/api/v1/readiness", {
    params: { query: { subject: "me" } },
  }).queryKey;
  queries.setQueryData(readiness, { subject: "me" });
  server.send("snapshot", { sequence: 1, runs: [], batches: [] });
  server.send("example", { sequence: 2, example: { id: "ex_1", batch: "1", createdAt: "now" } as Example });
  const idsIn = (id: string) =>
    queries
      .getQueryData<{ pages: ExamplePage[] }>(keyOf(id))
      ?.pages.flatMap(({ examples }) => examples.map((one) => one.id));
  await vi.waitFor(() => expect(idsIn("1")).toEqual(["ex_1"]));
  expect(idsIn("2")).toEqual([]);
  await vi.waitFor(() => expect(queries.getQueryState(readiness)?.isInvalidated).toBe(true));
});

test("a batch that has ended comes with its last example", async () => {
  const { server, api, queries } = await followed({ ...QUICK, drawEvery: 600_000 });
  const { queryKey } = api.doors.queryOptions("get", "/api/v1/examples", { params: { query: { limit: 250 } } });
  queries.setQueryData(queryKey, { pages: [{ examples: [], total: 0, next: null }], pageParams: [null] });
  server.send("snapshot", { sequence: 1, runs: [], batches: [] });
  server.send("example", { sequence: 2, example: { id: "ex_1", batch: "1", createdAt: "now" } as Example });
  server.send("batch", { sequence: 3, batch: batch("1", "completed") });
  const first = () => queries.getQueryData<{ pages: ExamplePage[] }>(queryKey)?.pages[0];
  await vi.waitFor(() => expect(first()?.examples).toHaveLength(1));
});

test("after a lost connection it connects again, and the new snapshot replaces what was known", async () => {
  const { server, api, runs, queries } = await followed();
  server.send("snapshot", { sequence: 40, runs: [run("1", { status: "running" })] });
  await vi.waitFor(() => expect(api.connection.get()).toBe("live"));
  const curve = metricsQuery(api, "1").queryKey;
  queries.setQueryData(curve, { points: [point(1)], validation: [] });
  server.refusals = 3;
  server.connections[0]?.close();
  await vi.waitFor(() => expect(api.connection.get()).toBe("reconnecting"));
  await vi.waitFor(() => expect(server.connections).toHaveLength(2));
  // A server that was restarted counts from the beginning.
  server.send("snapshot", { sequence: 1, runs: [run("1", { status: "interrupted" })] });
  await vi.waitFor(() => expect(runs()?.[0]?.status).toBe("interrupted"));
  expect(api.connection.get()).toBe("live");
  expect(queries.getQueryState(curve)?.isInvalidated).toBe(true);
});

test("once stopped it asks no more", async () => {
  const { server } = await followed();
  stop?.();
  await new Promise((turn) => setTimeout(turn, 20));
  expect(server.connections).toHaveLength(1);
});
