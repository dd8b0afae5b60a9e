// The database that a run would read: the path as typed, and what Attune found there.

import { useDebouncedValue } from "@mantine/hooks";
import { keepPreviousData } from "@tanstack/react-query";
import { useState } from "react";
import { useApi } from "../../../api/client";
import { useTypedPath } from "./useTypedPath";

export type SourceState = ReturnType<typeof useSource>;

interface UseSource {
  /** From the settings, until the person names another. */
  standard: string;
  maxSamples: number | undefined;
}

export function useSource({ standard, maxSamples }: UseSource) {
  const [entered, setEntered] = useState<string>();
  const path = (entered ?? standard).trim();
  // A number is typed digit by digit, and each digit would read the database anew.
  const [settledSamples] = useDebouncedValue(maxSamples, 400);

  const inspection = useApi().doors.useQuery(
    "post",
    "/api/v1/sources/inspect",
    { body: { path, maxSamples: settledSamples } },
    {
      enabled: path !== "",
      gcTime: 0,
      // Another number of samples changes a few counts: no reason to blank the card meanwhile.
      placeholderData: (known, query) => (bodyPath(query?.queryKey) === path ? keepPreviousData(known) : undefined),
    },
  );

  const { typed, type, enter } = useTypedPath(standard, (next) => {
    // Also when it is the same file again: it may have changed.
    if (next.trim() === path) void inspection.refetch();
    else setEntered(next);
  });

  return {
    typed,
    type,
    enter,
    path,
    found: path === "" || inspection.isError ? undefined : inspection.data,
    problem: path === "" ? null : inspection.error,
    isChecking: inspection.isFetching || typed.trim() !== path,
  };
}

function bodyPath(key: readonly unknown[] | undefined): string | undefined {
  return (key?.[2] as { body: { path: string } } | undefined)?.body.path;
}
