// Settings, and what decides each of them.

import { type UseQueryResult, useQueryClient } from "@tanstack/react-query";
import { useApi } from "./client";
import type { ApiProblem } from "./problem";
import type { SettingSources } from "./types";

export function useSettingSources() {
  const sources = useApi().doors.useQuery("get", "/api/v1/settings/sources");
  // Every failure is an ApiProblem (client.ts), also behind a door whose document names none.
  return sources as UseQueryResult<SettingSources, ApiProblem>;
}

export function useChangeSettings() {
  return useApi().doors.useMutation("put", "/api/v1/settings", { onSuccess: useRefreshSettings() });
}

export function useResetSetting() {
  return useApi().doors.useMutation("delete", "/api/v1/settings/{name}", { onSuccess: useRefreshSettings() });
}

/** Resolves when what is shown is what counts: until then a field would fall back to the value before. */
export function useRefreshSettings() {
  const queries = useQueryClient();
  return () =>
    Promise.all([
      queries.invalidateQueries({ queryKey: ["get", "/api/v1/settings"] }),
      queries.invalidateQueries({ queryKey: ["get", "/api/v1/settings/sources"] }),
    ]);
}
