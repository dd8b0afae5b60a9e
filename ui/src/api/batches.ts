// Batches of generated examples: read once, then kept current by the event stream (`events.ts`).

import { keepPreviousData, type UseQueryResult, useQuery, useQueryClient } from "@tanstack/react-query";
import { type Api, useApi } from "./client";
import type { ApiProblem } from "./problem";
import type { Batch, BatchEstimate, BatchRequest, Content } from "./types";

/** As many as a snapshot of the event stream holds. */
const NEWEST = 20;
/** More of them, for who looks back. */
const MANY = 500;

/** Every list of batches, whatever its length. */
export const BATCH_LISTS = { queryKey: ["get", "/api/v1/batches"] as const };
/** What was measured changes when a batch ends. */
export const ESTIMATES = { queryKey: ["post", "/api/v1/batches/estimate"] as const };

export function batchesQuery({ doors }: Api, limit = NEWEST) {
  return {
    ...doors.queryOptions("get", "/api/v1/batches", { params: { query: { limit } } }),
    // Events bring every change, and a new snapshot after each gap: asking again would only race them.
    staleTime: Number.POSITIVE_INFINITY,
  };
}

/** The newest batches, or with `wantsMany` those before them too. */
export function useBatches(wantsMany = false) {
  const api = useApi();
  const newest = useQuery(batchesQuery(api));
  const many = useQuery({ ...batchesQuery(api, MANY), enabled: wantsMany });
  const shown = wantsMany && !many.isPending ? many : newest;
  return {
    batches: shown.data as Batch[] | undefined,
    problem: shown.error as ApiProblem | null,
    retry: () => void shown.refetch(),
    /** Whether there may be older ones than those. */
    mayHaveMore: !wantsMany && (newest.data?.length ?? 0) >= NEWEST,
  };
}

/** One by its id, for who comes with an address and no list has it. */
export function useBatch(id: string | undefined, isWanted: boolean) {
  const batch = useApi().doors.useQuery(
    "get",
    "/api/v1/batches/{id}",
    { params: { path: { id: id ?? "" } } },
    { enabled: id !== undefined && isWanted },
  );
  return batch as UseQueryResult<Batch, ApiProblem>;
}

/** What there is to generate about. A person may change the files meanwhile. */
export function useContent() {
  const content = useApi().doors.useQuery("get", "/api/v1/generation/content");
  return content as UseQueryResult<Content, ApiProblem>;
}

/** What a batch would take. The seed does not matter for it, and would ask anew for nothing. */
export function useEstimate(request: BatchRequest, isWanted: boolean) {
  const { id: _, seed: __, ...body } = request;
  const estimate = useApi().doors.useQuery(
    "post",
    "/api/v1/batches/estimate",
    { body },
    // The one before stays until this one is there: nothing below it moves.
    { enabled: isWanted, placeholderData: keepPreviousData },
  );
  return estimate as UseQueryResult<BatchEstimate, ApiProblem>;
}

/** A few examples that are kept nowhere. */
export function usePreview() {
  return useApi().doors.useMutation("post", "/api/v1/batches/preview");
}

export function useStartBatch() {
  return useApi().doors.useMutation("post", "/api/v1/batches", { onSuccess: useTakeBatch(false) });
}

export function useCancelBatch() {
  return useApi().doors.useMutation("post", "/api/v1/batches/{id}/cancel");
}

export function useContinueBatch() {
  return useApi().doors.useMutation("post", "/api/v1/batches/{id}/continue", { onSuccess: useTakeBatch(true) });
}

interface Told {
  onDiscarded: (gone: { examples: number }) => void;
  onFailed: (problem: { message: string }) => void;
}

/** What is told comes although whoever asked is gone with the batch: its event may be quicker than the answer. */
export function useDiscardBatch({ onDiscarded, onFailed }: Told) {
  return useApi().doors.useMutation("delete", "/api/v1/batches/{id}", { onSuccess: onDiscarded, onError: onFailed });
}

export function runningBatch(batches: Batch[]): Batch | undefined {
  return batches.find(({ status }) => status === "running");
}

/** Share of the attempts that were made, from 0 to 1. */
export function progressOf({ untilKept, numExamples, mostAttempts, tallies }: Batch): number {
  // Until so many are kept, whichever is nearer to its end says how far it is.
  const made = tallies.attempts / Math.max(1, untilKept ? mostAttempts : numExamples);
  const kept = untilKept ? tallies.kept / Math.max(1, numExamples) : 0;
  return Math.min(1, Math.max(made, kept));
}

/** `list` with `changed` in its place; a new one joins it as the newest. */
export function withBatch(list: Batch[], changed: Batch): Batch[] {
  if (list.some(({ id }) => id === changed.id)) return list.map((batch) => (batch.id === changed.id ? changed : batch));
  return [changed, ...list].sort((a, b) => b.createdAt.localeCompare(a.createdAt) || b.id.localeCompare(a.id));
}

/** The answer may come after events that know more: a batch that is known already stays, unless it `isNews`. */
function useTakeBatch(isNews: boolean) {
  const queries = useQueryClient();
  return (batch: Batch) =>
    queries.setQueriesData<Batch[]>(BATCH_LISTS, (list) =>
      list && (isNews ? list.some(isAtRest(batch)) : !list.some(({ id }) => id === batch.id))
        ? withBatch(list, batch)
        : list,
    );
}

/** Whether this is how the list still has the batch: not yet running again. */
function isAtRest(batch: Batch) {
  return ({ id, status }: Batch) => id === batch.id && status !== "running";
}
