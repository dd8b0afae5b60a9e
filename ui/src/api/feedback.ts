// What a person thinks of answers: verdicts on one, votes between two. Read page by page, the newest first.

import { useQueryClient } from "@tanstack/react-query";
import { useApi } from "./client";
import type { ApiProblem } from "./problem";
import type { Answer, Answerer, Tally, Vote } from "./types";

/** As many as are read at once. */
const PAGE = 20;

export function useSavedFeedback() {
  const saved = useApi().doors.useInfiniteQuery(
    "get",
    "/api/v1/feedback",
    { params: { query: { limit: PAGE } } },
    {
      pageParamName: "before",
      // Not undefined, which the client would take for 0.
      initialPageParam: null as number | null,
      getNextPageParam: (page) => page.next ?? undefined,
    },
  );
  return {
    feedback: saved.data?.pages.flatMap((page) => page.feedback),
    total: saved.data?.pages[0]?.total,
    problem: saved.error as ApiProblem | null,
    retry: () => void saved.refetch(),
    mayHaveMore: saved.hasNextPage,
    isLoadingMore: saved.isFetchingNextPage,
    loadMore: () => void saved.fetchNextPage(),
  };
}

export function useKeepFeedback() {
  return useApi().doors.useMutation("post", "/api/v1/feedback", { onSettled: useRefresh("/api/v1/feedback") });
}

export function useTakeFeedbackBack() {
  return useApi().doors.useMutation("delete", "/api/v1/feedback/{id}", { onSettled: useRefresh("/api/v1/feedback") });
}

/** How the votes between each two models went, and the last of them. */
export function useVotes() {
  const { doors } = useApi();
  const tallies = doors.useQuery("get", "/api/v1/votes/tallies");
  const newest = doors.useQuery("get", "/api/v1/votes", { params: { query: { limit: 1 } } });
  return {
    tallies: tallies.data as Tally[] | undefined,
    last: newest.data?.votes[0] as Vote | undefined,
    problem: (tallies.error ?? newest.error) as ApiProblem | null,
    retry: () => {
      void tallies.refetch();
      void newest.refetch();
    },
  };
}

export function useKeepVote() {
  return useApi().doors.useMutation("post", "/api/v1/votes", { onSettled: useRefresh("/api/v1/votes") });
}

export function useTakeVoteBack() {
  return useApi().doors.useMutation("delete", "/api/v1/votes/{id}", { onSettled: useRefresh("/api/v1/votes") });
}

/** Who gave an answer, as it is kept with what is said of it. */
export function answererOf(model: string, { baseModel, baseDigest, adapterDigest }: Answer): Answerer {
  return { model, baseModel, baseDigest, adapterDigest };
}

/** Everything that is read below a path is read anew. */
function useRefresh(path: string) {
  const queries = useQueryClient();
  return () =>
    queries.invalidateQueries({
      predicate: ({ queryKey }) => typeof queryKey[1] === "string" && queryKey[1].startsWith(path),
    });
}
