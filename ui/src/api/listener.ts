// Whether browsers and scripts reach this Attune, and where.

import { type UseQueryResult, useQueryClient } from "@tanstack/react-query";
import { useApi } from "./client";
import type { ApiProblem } from "./problem";
import { useRefreshSettings } from "./settings";
import type { Listener } from "./types";

export function useListener() {
  const listener = useApi().doors.useQuery("get", "/api/v1/listener");
  // Every failure is an ApiProblem (client.ts), also behind a door whose document names none.
  return listener as UseQueryResult<Listener, ApiProblem>;
}

export function useSwitchListener() {
  return useApi().doors.useMutation("put", "/api/v1/listener", { onSuccess: useRefreshListener() });
}

/** Once a setting of the listener was reset, it may be open elsewhere. */
export function useRefreshListener() {
  const queries = useQueryClient();
  const refreshSettings = useRefreshSettings();
  return () =>
    Promise.all([
      refreshSettings(),
      queries.invalidateQueries({ queryKey: ["get", "/api/v1/listener"] }),
      queries.invalidateQueries({ queryKey: ["get", "/api/v1/status"] }),
    ]);
}
