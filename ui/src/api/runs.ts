// Runs as the page knows them: read once, then kept current by the event stream (`events.ts`).

import { type UseQueryResult, useQuery, useQueryClient } from "@tanstack/react-query";
import { type Api, useApi } from "./client";
import type { ApiProblem } from "./problem";
import type { Point, Run } from "./types";

/** As many as a snapshot of the event stream holds. */
const NEWEST = 50;

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
    structuralSharing: (known: unknown, arrived: unknown) => ({
      points: mergePoints((known as Metrics | undefined)?.points ?? [], (arrived as Metrics).points),
    }),
  };
}

interface Metrics {
  points: Point[];
}

export function useRuns() {
  const runs = useQuery(runsQuery(useApi()));
  // Every failure is an ApiProblem (client.ts), also behind a door whose document names none.
  return runs as UseQueryResult<Run[], ApiProblem>;
}

/** The run that is running, or else the next in the queue. */
export function useActiveRun(): Run | undefined {
  return useQuery({ ...runsQuery(useApi()), select: activeRun }).data;
}

export function useMetrics(runId: string) {
  return useQuery(metricsQuery(useApi(), runId));
}

export function useStartRun() {
  const { doors } = useApi();
  return doors.useMutation("post", "/api/v1/runs", { onSuccess: useAddUnknownRun() });
}

export function useCancelRun() {
  const { doors } = useApi();
  return doors.useMutation("post", "/api/v1/runs/{id}/cancel");
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

/** `runs` with `changed` in its place; newest first, as the API lists them. */
export function withRun(runs: Run[], changed: Run): Run[] {
  const others = runs.filter((run) => run.id !== changed.id);
  return [changed, ...others].sort((a, b) => b.createdAt.localeCompare(a.createdAt) || b.id.localeCompare(a.id));
}

/** Both series as one, by step. A resumed run repeats steps: the later value counts. */
export function mergePoints(known: Point[], arrived: Point[]): Point[] {
  const last = known.at(-1);
  const first = arrived[0];
  if (!first) return known;
  if (!last || last.step < first.step) return [...known, ...arrived];
  const byStep = new Map([...known, ...arrived].map((point) => [point.step, point]));
  return [...byStep.values()].sort((a, b) => a.step - b.step);
}

/** The answer to a start may come after events that already know more about the run: those stay. */
function useAddUnknownRun() {
  const queries = useQueryClient();
  const { queryKey } = runsQuery(useApi());
  return (started: Run) =>
    queries.setQueryData<Run[]>(queryKey, (runs) =>
      runs && !runs.some((run) => run.id === started.id) ? withRun(runs, started) : runs,
    );
}
