// The first start: whether it is wanted, its run, and its end. Remembered by Attune, not by the browser.

import { type UseQueryResult, useQueryClient } from "@tanstack/react-query";
import { useApi } from "./client";
import type { ApiProblem } from "./problem";
import { useAddUnknownRun } from "./runs";
import type { FirstStart } from "./types";

export function useFirstStart() {
  const first = useApi().doors.useQuery("get", "/api/v1/first-start", undefined, {
    staleTime: Number.POSITIVE_INFINITY,
  });
  // Every failure is an ApiProblem (client.ts), also behind a door whose document names none.
  return first as UseQueryResult<FirstStart, ApiProblem>;
}

export function useStartFirstRun() {
  const queries = useQueryClient();
  const addRun = useAddUnknownRun();
  const { doors } = useApi();
  const { queryKey } = doors.queryOptions("get", "/api/v1/first-start");
  return doors.useMutation("post", "/api/v1/first-start/run", {
    onSuccess: (run) => {
      addRun(run);
      queries.setQueryData<FirstStart>(queryKey, (first) => first && { ...first, runId: run.id });
    },
  });
}

export function useFinishFirstStart() {
  return useApi().doors.useMutation("post", "/api/v1/first-start/finish");
}
