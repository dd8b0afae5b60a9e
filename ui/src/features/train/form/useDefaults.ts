// What an empty field stands for, as Attune says it for these rows and this kind of adapter.

import { keepPreviousData } from "@tanstack/react-query";
import { useApi } from "../../../api/client";
import type { RunDefaults, Source } from "../../../api/types";
import type { Beginning } from "./useBeginning";

export interface Defaults {
  known: RunDefaults | undefined;
  /** From the settings, which say it for every run. */
  epochs: number | undefined;
  maxSamples: number | undefined;
  /** Whether those that depend on the number of rows are known. */
  areForTheseRows: boolean;
  /** What is wrong with the adapter to begin with. */
  problem: { message: string; hint?: string | null } | null;
}

export function useDefaults(
  { choice, startFrom, method, lacksFolder }: Beginning,
  source: Source | undefined,
): Defaults {
  const { doors } = useApi();
  const { data: settings } = doors.useQuery("get", "/api/v1/settings");
  const rows = source && source.usable - source.heldOut;
  const query = { rows: rows ?? 1, ...(startFrom ? { startFrom } : { method }) };
  const { data, error } = doors.useQuery(
    "get",
    "/api/v1/runs/defaults",
    { params: { query } },
    {
      enabled: !lacksFolder,
      // A folder may hold another adapter the next time.
      staleTime: 0,
      placeholderData: (known, before) =>
        startOf(before?.queryKey) === startFrom ? keepPreviousData(known) : undefined,
    },
  );
  return {
    known: error ? undefined : data,
    epochs: settings?.trainingEpochs,
    maxSamples: settings?.trainingMaxSamples,
    areForTheseRows: rows !== undefined,
    problem: choice === "new" ? null : error,
  };
}

function startOf(key: readonly unknown[] | undefined): string | undefined {
  return (key?.[2] as { params: { query: { startFrom?: string } } } | undefined)?.params.query.startFrom;
}
