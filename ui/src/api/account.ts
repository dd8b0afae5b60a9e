// What Attune tells of itself and of the computer: findings, room, log.

import type { InfiniteData, UseInfiniteQueryResult, UseQueryResult } from "@tanstack/react-query";
import { useApi } from "./client";
import type { ApiProblem } from "./problem";
import type { Finding, LogDay, LogLevel, LogPage, Storage } from "./types";

/** Milliseconds between two looks at a log that is followed. */
const FOLLOW_EVERY = 2000;
/** As many entries as fill some screens. */
const PAGE = 100;

// Every failure is an ApiProblem (client.ts), also behind a door whose document names none.

export function useFindings() {
  return useApi().doors.useQuery("get", "/api/v1/doctor") as UseQueryResult<Finding[], ApiProblem>;
}

export function useStorage() {
  return useApi().doors.useQuery("get", "/api/v1/storage") as UseQueryResult<Storage, ApiProblem>;
}

export function useLogDays() {
  return useApi().doors.useQuery("get", "/api/v1/logs") as UseQueryResult<LogDay[], ApiProblem>;
}

export interface LogFilter {
  level: LogLevel;
  text: string;
  requestId: string;
}

/** A day's log, the newest first. Followed, it is looked at again as long as only its newest page is shown. */
export function useLog(day: string, { level, text, requestId }: LogFilter, isFollowed: boolean) {
  const query = { level, limit: PAGE, ...(text && { text }), ...(requestId && { requestId }) };
  const log = useApi().doors.useInfiniteQuery(
    "get",
    "/api/v1/logs/{day}",
    { params: { path: { day }, query } },
    {
      pageParamName: "before",
      initialPageParam: null,
      getNextPageParam: ({ next }) => next,
      refetchInterval: ({ state }) => (isFollowed && pagesIn(state.data) <= 1 ? FOLLOW_EVERY : false),
    },
  );
  return log as UseInfiniteQueryResult<InfiniteData<LogPage>, ApiProblem>;
}

function pagesIn(data: unknown): number {
  return (data as InfiniteData<LogPage> | undefined)?.pages.length ?? 0;
}
