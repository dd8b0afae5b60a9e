// The base models that this computer has, and how more of them come here.

import { type UseQueryResult, useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect } from "react";
import { useApi } from "./client";
import type { ApiProblem } from "./problem";
import type { Base, Fetch } from "./types";

/** Milliseconds between two looks at a download; the event stream knows nothing of it. */
const LOOK_EVERY = 700;

export function useBases() {
  const bases = useApi().doors.useQuery("get", "/api/v1/bases");
  // Every failure is an ApiProblem (client.ts), also behind a door whose document names none.
  return bases as UseQueryResult<Base[], ApiProblem>;
}

/** Known base models that are not here yet, with what they would take. */
export function useFetchableBases() {
  return useApi().doors.useQuery("get", "/api/v1/bases/fetchable");
}

/** The downloads of this session. One that ends changes which bases there are. */
export function useFetches() {
  const refresh = useRefreshBases();
  const fetches = useApi().doors.useQuery("get", "/api/v1/bases/fetches", undefined, {
    refetchInterval: ({ state }) => ((state.data as Fetch[] | undefined)?.some(isUnderWay) ? LOOK_EVERY : false),
  });
  const completed = fetches.data?.filter(({ status }) => status === "completed").length ?? 0;
  useEffect(() => {
    if (completed > 0) refresh();
  }, [completed, refresh]);
  return fetches;
}

export function isUnderWay(fetch: Fetch): boolean {
  return fetch.status === "fetching";
}

export function useFetchBase() {
  const refetch = useRefreshFetches();
  return useApi().doors.useMutation("post", "/api/v1/bases/fetch", { onSuccess: refetch });
}

export function useCancelFetch() {
  const refetch = useRefreshFetches();
  return useApi().doors.useMutation("post", "/api/v1/bases/fetches/cancel", { onSettled: refetch });
}

export function useImportBase() {
  const refresh = useRefreshBases();
  return useApi().doors.useMutation("post", "/api/v1/bases/import", { onSuccess: refresh });
}

function useRefreshFetches() {
  const queries = useQueryClient();
  return () => void queries.invalidateQueries({ queryKey: ["get", "/api/v1/bases/fetches"] });
}

function useRefreshBases() {
  const queries = useQueryClient();
  return useCallback(() => {
    void queries.invalidateQueries({ queryKey: ["get", "/api/v1/bases"] });
    void queries.invalidateQueries({ queryKey: ["get", "/api/v1/bases/fetchable"] });
  }, [queries]);
}
