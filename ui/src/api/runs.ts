// Runs as the page knows them: read once, then kept current by the event stream (`events.ts`).

import { type InfiniteData, type UseQueryResult, useQueries, useQuery, useQueryClient } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { type Api, useApi } from "./client";
import type { ApiProblem } from "./problem";
import type { Curves, Point, Run, ValidationPoint } from "./types";

/** As many as a snapshot of the event stream holds. */
const NEWEST = 50;
/** Older runs are read by so many: few enough to arrive before the end of those known is scrolled into sight. */
const PART = 250;

export function runsQuery({ doors }: Api) {
  return {
    ...doors.queryOptions("get", "/api/v1/runs", { params: { query: { limit: NEWEST } } }),
    // Events bring every change, and a new snapshot after each gap: asking again would only race them.
    staleTime: Number.POSITIVE_INFINITY,
  };
}

export function metricsQuery({ doors }: Api, runId: string) {
  return {
    ...doors.queryOptions("get", "/api/v1/runs/{id}/metrics", { params: { path: { id: runId } } }),
    // Points may arrive by event while the answer is on its way; neither may lose the other's.
    structuralSharing: (known: unknown, arrived: unknown) =>
      mergeCurves(known as Curves | undefined, arrived as Curves),
  };
}

/** Every list of runs: the newest, and the parts in which all are read. */
export const RUN_LISTS = { queryKey: ["get", "/api/v1/runs"] as const };
export type RunList = Run[] | InfiniteData<Run[]>;

export function useRuns() {
  const runs = useQuery(runsQuery(useApi()));
  // Every failure is an ApiProblem (client.ts), also behind a door whose document names none.
  return runs as UseQueryResult<Run[], ApiProblem>;
}

/** Every run: the newest at once, those before them part by part once they are wanted. */
export function useAllRuns() {
  const { doors } = useApi();
  const newest = useRuns();
  const [isWanted, want] = useState(false);
  const all = doors.useInfiniteQuery(
    "get",
    "/api/v1/runs",
    // The first part begins with the newest run again: what moves between both lists is then in one of them.
    { params: { query: { limit: PART } } },
    {
      pageParamName: "before",
      // openapi-react-query makes a 0 of undefined; null is left out of the request.
      initialPageParam: null,
      getNextPageParam: (last: Run[], parts: Run[][]) => (last.length > 0 ? parts.flat().at(-1)?.id : undefined),
      // Thousands of records are not compared with their new selves each time one of them changes.
      structuralSharing: false,
      staleTime: Number.POSITIVE_INFINITY,
      enabled: isWanted,
    },
  );
  const parts = all.data as InfiniteData<Run[]> | undefined;
  return {
    newest,
    runs: useMemo(() => newest.data && withOlder(newest.data, parts?.pages.flat() ?? []), [newest.data, parts]),
    older: {
      /** Whether there may be runs that are not in `runs`. */
      mayExist: (newest.data?.length ?? 0) >= NEWEST && (!parts || all.hasNextPage),
      isLoading: all.isFetching,
      problem: all.error as ApiProblem | null,
      load: () => {
        if (!isWanted) want(true);
        else if (parts) void all.fetchNextPage();
        else void all.refetch();
      },
    },
  };
}

/** The run that is running, or else the next in the queue. */
export function useActiveRun(): Run | undefined {
  return useQuery({ ...runsQuery(useApi()), select: activeRun }).data;
}

export function useMetrics(runId: string) {
  return useQuery(metricsQuery(useApi(), runId));
}

/** A curve that is fetched once it is `wanted`, and then only kept current by events. */
export function useKeptMetrics(runId: string, wanted: boolean) {
  return useQuery({ ...metricsQuery(useApi(), runId), enabled: wanted, staleTime: Number.POSITIVE_INFINITY });
}

/** The curves of several runs, in their order. */
export function useCurvesOf(runIds: string[]) {
  const api = useApi();
  return useQueries({ queries: runIds.map((id) => metricsQuery(api, id)) });
}

export function useStartRun() {
  const { doors } = useApi();
  return doors.useMutation("post", "/api/v1/runs", { onSuccess: useAddUnknownRun() });
}

export function useCancelRun() {
  const { doors } = useApi();
  return doors.useMutation("post", "/api/v1/runs/{id}/cancel");
}

export function useStopRun() {
  const { doors } = useApi();
  return doors.useMutation("post", "/api/v1/runs/{id}/stop");
}

/** What deleting a run would free, asked anew each time: a run grows. */
export function useSpaceOf(runId: string) {
  return useApi().doors.useQuery(
    "get",
    "/api/v1/runs/{id}/space",
    { params: { path: { id: runId } } },
    { staleTime: 0, gcTime: 0 },
  );
}

export function useDeleteRun() {
  const { doors } = useApi();
  return doors.useMutation("delete", "/api/v1/runs/{id}");
}

export function isUnfinished(run: Run): boolean {
  return run.status === "running" || run.status === "queued";
}

/** Share of the steps done, from 0 to 1. */
export function progressOf(run: Run): number {
  return run.totalSteps > 0 ? Math.min(run.step / run.totalSteps, 1) : 0;
}

export function activeRun(runs: Run[]): Run | undefined {
  return runs.find((run) => run.status === "running") ?? runs.findLast((run) => run.status === "queued");
}

/** Runs that wait, the next one first. */
export function queuedRuns(runs: Run[]): Run[] {
  return runs.filter((run) => run.status === "queued").reverse();
}

/** `newest`, and what `all` has besides. */
export function withOlder(newest: Run[], all: Run[]): Run[] {
  const known = new Set(newest.map(({ id }) => id));
  return [...newest, ...all.filter(({ id }) => !known.has(id))];
}

/** `list` with `changed` in its place. A run that is new joins the newest, which every list is shown with. */
export function withRun(list: Run[], changed: Run): Run[];
export function withRun(list: RunList, changed: Run): RunList;
export function withRun(list: RunList, changed: Run): RunList {
  if (!Array.isArray(list)) return inParts(list, changed.id, (part) => replaced(part, changed));
  if (list.some(({ id }) => id === changed.id)) return replaced(list, changed);
  // Newest first, as the API lists them.
  return [changed, ...list].sort((a, b) => b.createdAt.localeCompare(a.createdAt) || b.id.localeCompare(a.id));
}

/** `list` without the run of this id. */
export function withoutRun(list: RunList, removed: string): RunList {
  const without = (runs: Run[]) => runs.filter(({ id }) => id !== removed);
  return Array.isArray(list) ? without(list) : inParts(list, removed, without);
}

function replaced(runs: Run[], changed: Run): Run[] {
  return runs.map((run) => (run.id === changed.id ? changed : run));
}

/** Changes the parts that hold a run; the others stay the same objects, so that nothing is drawn for them. */
function inParts(list: InfiniteData<Run[]>, runId: string, change: (part: Run[]) => Run[]): InfiniteData<Run[]> {
  const pages = list.pages.map((part) => (part.some(({ id }) => id === runId) ? change(part) : part));
  return pages.some((part, index) => part !== list.pages[index]) ? { ...list, pages } : list;
}

/** Both series as one, by step. A resumed run repeats steps: the later value counts. */
export function mergePoints<P extends { step: number }>(known: P[], arrived: P[]): P[] {
  const last = known.at(-1);
  const first = arrived[0];
  if (!first) return known;
  if (!last || last.step < first.step) return [...known, ...arrived];
  const byStep = new Map([...known, ...arrived].map((point) => [point.step, point]));
  return [...byStep.values()].sort((a, b) => a.step - b.step);
}

export function mergeCurves(known: Curves | undefined, arrived: Curves): Curves {
  return {
    points: mergePoints<Point>(known?.points ?? [], arrived.points),
    validation: mergePoints<ValidationPoint>(known?.validation ?? [], arrived.validation),
  };
}

/** The answer to a start may come after events that already know more about the run: those stay. */
export function useAddUnknownRun() {
  const queries = useQueryClient();
  const { queryKey } = runsQuery(useApi());
  return (started: Run) =>
    queries.setQueryData<Run[]>(queryKey, (runs) =>
      runs && !runs.some((run) => run.id === started.id) ? withRun(runs, started) : runs,
    );
}
