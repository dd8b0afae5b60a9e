// Base and tuned beside each other on the rows that a run held out: made once by Attune, row by row, and kept there.

import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useApi } from "./client";
import type { ApiProblem } from "./problem";
import { readParts } from "./stream";
import type { ComparedRow, Comparison, ComparisonBegun } from "./types";

/** As much of a comparison as has come. */
interface SoFar {
  begun?: ComparisonBegun;
  rows: ComparedRow[];
}

const NOTHING: SoFar = { rows: [] };

/** The comparison of a run, from the moment at which it is `wanted`. Leaving it ends it where nobody else waits. */
export function useComparison(runId: string, wanted = true) {
  const { fetch } = useApi();
  const [soFar, setSoFar] = useState(NOTHING);
  const { data, error, isFetching, refetch } = useQuery<Comparison, ApiProblem>({
    queryKey: ["comparison", runId],
    enabled: wanted,
    staleTime: Number.POSITIVE_INFINITY,
    queryFn: ({ signal }) => {
      setSoFar(NOTHING);
      const onPart = (name: string, part: unknown) => {
        if (name === "begun") setSoFar({ begun: part as ComparisonBegun, rows: [] });
        if (name === "row")
          setSoFar(({ begun, rows }) => ({ ...(begun && { begun }), rows: [...rows, part as ComparedRow] }));
      };
      const path = `/api/v1/runs/${encodeURIComponent(runId)}/comparison/stream`;
      return readParts<Comparison>(fetch, { path, body: {}, whole: "comparison", onPart }, signal);
    },
  });
  return {
    /** Which models answer, and how many rows there will be. */
    begun: data ?? soFar.begun,
    rows: data?.rows ?? soFar.rows,
    isComplete: data !== undefined,
    problem: data || isFetching ? null : error,
    retry: () => void refetch(),
  };
}
