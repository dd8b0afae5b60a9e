// How much memory the run would need that the form describes, before it is started.

import { useDebouncedValue } from "@mantine/hooks";
import { keepPreviousData } from "@tanstack/react-query";
import { useApi } from "../../../api/client";
import type { MemoryPrediction, RunRequest } from "../../../api/types";

/** Undefined while it is not known, and where the request is refused: the form says why when it is sent. */
export function useMemoryNeeded(request: RunRequest): MemoryPrediction | undefined {
  const { doors } = useApi();
  // While somebody types, the last prediction stays.
  const [settled] = useDebouncedValue(JSON.stringify(request), 400);
  const { data, error } = doors.useQuery(
    "post",
    "/api/v1/runs/memory",
    { body: JSON.parse(settled) as RunRequest },
    { retry: false, placeholderData: keepPreviousData },
  );
  return error ? undefined : data;
}
