// Examples and their review: read in parts, then kept current by the event stream (`events.ts`).
//
// Invariant: a row that is shown stays where it is when a review changes it, so that nothing jumps under the hand.

import { type InfiniteData, type Query, type UseQueryResult, useQueries, useQueryClient } from "@tanstack/react-query";
import { useMemo } from "react";
import { type Api, useApi } from "./client";
import type { ApiProblem } from "./problem";
import { useAddUnknownRun } from "./runs";
import type { Example, ExamplePage, ExampleStatus, Readiness, Review, TwinCluster } from "./types";

/** So many are read at once: few enough to arrive before the end of those known is scrolled into sight. */
const PART = 250;

const LISTS = "/api/v1/examples";
/** What is counted over many examples. */
const SUMS = ["/api/v1/readiness", "/api/v1/examples/accept", "/api/v1/examples/twins"];

/** Which examples are meant; what is absent does not matter. */
export interface ExampleQuestion {
  subject?: string;
  batch?: string;
  status?: ExampleStatus;
  genre?: string;
  minQuality?: number;
  maxQuality?: number;
  reviewed?: boolean;
  text?: string;
}

type Parts = InfiniteData<ExamplePage, unknown>;

export function useExamples(question: ExampleQuestion) {
  const all = useApi().doors.useInfiniteQuery(
    "get",
    LISTS,
    { params: { query: { ...question, limit: PART } } },
    {
      pageParamName: "before",
      // Not undefined, which the client would take for 0.
      initialPageParam: null as number | null,
      getNextPageParam: ({ next }: ExamplePage) => next ?? undefined,
      // Thousands of records are not compared with their new selves each time one of them changes.
      structuralSharing: false,
      staleTime: Number.POSITIVE_INFINITY,
    },
  );
  const parts = all.data as Parts | undefined;
  return {
    examples: useMemo(() => parts?.pages.flatMap(({ examples }) => examples), [parts]),
    total: parts?.pages[0]?.total,
    problem: all.error as ApiProblem | null,
    retry: () => void all.refetch(),
    mayHaveMore: all.hasNextPage,
    isLoadingMore: all.isFetchingNextPage,
    loadMore: all.fetchNextPage,
  };
}

export function useExample(id: string) {
  const example = useApi().doors.useQuery("get", "/api/v1/examples/{id}", { params: { path: { id } } });
  return example as UseQueryResult<Example, ApiProblem>;
}

/** Examples one by one, in the order of their ids; undefined until it is known. */
export function useExamplesById(ids: string[]) {
  const api = useApi();
  return useQueries({
    queries: ids.map((id) => exampleQuery(api, id)),
    combine: (found) => found.map(({ data }) => data as Example | undefined),
  });
}

let lastSaid: Promise<unknown> = Promise.resolve();

/**
 * What a person says of examples goes out one after the other: a key is quicker than an answer, and what is taken back
 * must be what was said last.
 */
function useFetchInOrder() {
  const { fetch } = useApi();
  return (request: Request) => {
    const answer = lastSaid.then(() => fetch(request));
    lastSaid = answer.catch(() => undefined);
    return answer;
  };
}

/** Told of every one of several: what is given to `mutate` is told of the last alone. */
interface Told {
  onDone?: () => void;
  onFailed?: (problem: { message: string }) => void;
}

export function useReview({ onFailed }: Told = {}) {
  const queries = useQueryClient();
  const fetch = useFetchInOrder();
  const review = useApi().doors.useMutation("post", "/api/v1/examples/{id}/review", {
    onSuccess: (example) => {
      takeExamples(queries.getQueryCache().getAll(), [example]);
      refreshSums(queries);
    },
    onError: (problem) => onFailed?.(problem),
  });
  return {
    say: (id: string, body: Review) => review.mutate({ params: { path: { id } }, body, fetch }),
    problem: review.error as ApiProblem | null,
  };
}

export function useUndoReview({ onDone, onFailed }: Told) {
  const queries = useQueryClient();
  const fetch = useFetchInOrder();
  const undoing = useApi().doors.useMutation("post", "/api/v1/examples/undo", {
    onSuccess: () => {
      refreshSums(queries);
      onDone?.();
    },
    onError: (problem) => onFailed?.(problem),
  });
  return () => undoing.mutate({ fetch });
}

interface Accepted {
  subject: string;
  batch?: string;
  genre?: string;
  minQuality: number;
}

/** How many examples accepting from a quality on would change. */
export function useAcceptable(body: Accepted, isWanted: boolean) {
  const counted = useApi().doors.useQuery(
    "post",
    "/api/v1/examples/accept",
    { body: { ...body, dryRun: true } },
    { enabled: isWanted },
  );
  return counted as UseQueryResult<{ examples: number }, ApiProblem>;
}

export function useAcceptFrom() {
  const queries = useQueryClient();
  return useApi().doors.useMutation("post", "/api/v1/examples/accept", { onSuccess: () => refreshSums(queries) });
}

/** Accepted examples that are nearly the same, by ids. */
export function useTwinClusters(batch: string | undefined, threshold: number) {
  const query = { threshold, ...(batch ? { batch } : {}) };
  const clusters = useApi().doors.useQuery("get", "/api/v1/examples/twins", { params: { query } });
  return clusters as UseQueryResult<TwinCluster[], ApiProblem>;
}

export function useReadiness(subject: string) {
  const readiness = useApi().doors.useQuery("get", "/api/v1/readiness", { params: { query: { subject } } });
  return readiness as UseQueryResult<Readiness, ApiProblem>;
}

export function useTune() {
  const queries = useQueryClient();
  const addRun = useAddUnknownRun();
  return useApi().doors.useMutation("post", "/api/v1/tuning", {
    onSuccess: (run) => {
      addRun(run);
      refreshSums(queries);
    },
  });
}

function exampleQuery({ doors }: Api, id: string) {
  return doors.queryOptions("get", "/api/v1/examples/{id}", { params: { path: { id } } });
}

/** Counts and sums over examples are asked for anew. */
export function refreshSums(queries: ReturnType<typeof useQueryClient>) {
  void queries.invalidateQueries({ predicate: ({ queryKey }) => SUMS.includes(String(queryKey[1])) });
}

/** Lists are read anew: examples have gone. */
export function refreshLists(queries: ReturnType<typeof useQueryClient>) {
  void queries.invalidateQueries({ queryKey: ["get", LISTS] });
}

/** Puts examples that are new or have changed where the queries find them. */
export function takeExamples(known: Query[], arrived: Example[]) {
  const byId = new Map(arrived.map((example) => [example.id, example]));
  for (const query of known) {
    const [, path, init] = query.queryKey as [string, string, Init | undefined];
    if (path === LISTS) {
      const put = () => {
        const before = query.state.data as Parts | undefined;
        const after = before && withExamples(before, init?.params?.query ?? {}, byId);
        if (after && after !== before) query.setData(after);
      };
      put();
      // An answer on its way may be older than this, and takes the place of everything.
      if (query.state.fetchStatus === "fetching") query.promise?.then(put, () => undefined);
    }
    const one = path === "/api/v1/examples/{id}" && byId.get(init?.params?.path?.id ?? "");
    if (one) query.setData(one);
  }
}

interface Init {
  params?: { query?: ExampleQuestion; path?: { id: string } };
}

/** The list with what arrived: known rows changed in their place, new ones in front if the question means them. */
export function withExamples(list: Parts, question: ExampleQuestion, arrived: Map<string, Example>): Parts {
  const missing = new Map(arrived);
  const pages = list.pages.map((page) => {
    let hasChanged = false;
    const examples = page.examples.map((example) => {
      const changed = arrived.get(example.id);
      missing.delete(example.id);
      if (!changed) return example;
      hasChanged = true;
      return changed;
    });
    return hasChanged ? { ...page, examples } : page;
  });
  const [first, ...others] = pages;
  const newest = first?.examples[0];
  // An older one that is not there yet comes with the part that it belongs to.
  const isNew = (example: Example) => !newest || isAfter(example, newest);
  const joining = [...missing.values()].filter((example) => isNew(example) && isMeant(question, example));
  if (first && joining.length > 0) {
    joining.sort((a, b) => (isAfter(a, b) ? -1 : 1));
    const grown = { ...first, examples: [...joining, ...first.examples], total: first.total + joining.length };
    return { ...list, pages: [grown, ...others] };
  }
  return pages.some((page, index) => page !== list.pages[index]) ? { ...list, pages } : list;
}

function isAfter(one: Example, other: Example): boolean {
  return one.createdAt > other.createdAt || (one.createdAt === other.createdAt && one.id > other.id);
}

/** Whether the question means this example, as the API decides it. */
export function isMeant(question: ExampleQuestion, example: Example): boolean {
  const { subject, batch, status, genre, minQuality, maxQuality, reviewed, text } = question;
  const { quality } = example;
  const wanted = text?.toLowerCase();
  return (
    (subject === undefined || example.subject === subject) &&
    (batch === undefined || example.batch === batch) &&
    (status === undefined || example.status === status) &&
    (genre === undefined || example.genre === genre) &&
    (minQuality === undefined || (quality !== null && quality >= minQuality)) &&
    (maxQuality === undefined || quality === null || quality <= maxQuality) &&
    (reviewed === undefined || (example.reviewedAt !== null) === reviewed) &&
    (wanted === undefined ||
      example.input.toLowerCase().includes(wanted) ||
      example.output.toLowerCase().includes(wanted))
  );
}
