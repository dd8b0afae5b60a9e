import { QueryClient } from "@tanstack/react-query";
import { expect, test } from "vitest";
import { isMeant, takeExamples, withExamples } from "./examples";
import type { Example } from "./types";

function example(id: string, rest: Partial<Example> = {}): Example {
  const createdAt = `2026-11-21T10:00:0${id}Z`;
  return { id, createdAt, subject: "me", status: "accepted", quality: 0.8, input: "", output: "", ...rest } as Example;
}

/** A list of two parts, the newest first. */
function listOf(...parts: Example[][]) {
  const total = parts.flat().length;
  return { pages: parts.map((examples) => ({ examples, total, next: null })), pageParams: parts.map(() => null) };
}

const byId = (...arrived: Example[]) => new Map(arrived.map((one) => [one.id, one]));
const idsOf = (list: ReturnType<typeof withExamples>) => list.pages.map(({ examples }) => examples.map(({ id }) => id));

test("a changed example stays in its place, although the question means it no more", () => {
  const list = listOf([example("3"), example("2")], [example("1")]);
  const after = withExamples(list, { status: "accepted" }, byId(example("2", { status: "rejected" })));
  expect(idsOf(after)).toEqual([["3", "2"], ["1"]]);
  expect(after.pages[0]?.examples[1]?.status).toBe("rejected");
  expect(after.pages[1], "a part without a change stays the same object").toBe(list.pages[1]);
});

test("new examples come first, the newest before the others, if the question means them", () => {
  const list = listOf([example("3")]);
  const arrived = byId(example("4"), example("5"), example("6", { status: "rejected" }));
  const after = withExamples(list, { status: "accepted" }, arrived);
  expect(idsOf(after)).toEqual([["5", "4", "3"]]);
  expect(after.pages[0]?.total).toBe(3);
});

test("an old example that no part has yet comes with its part", () => {
  const list = listOf([example("7")]);
  expect(withExamples(list, {}, byId(example("2")))).toBe(list);
});

test("the first example of all joins an empty list", () => {
  expect(idsOf(withExamples(listOf([]), {}, byId(example("1"))))).toEqual([["1"]]);
});

test("an example is meant if it fulfils every wish", () => {
  const one = example("1", { batch: "batch_1", genre: "horror", output: "The Well", reviewedAt: null });
  const meant = { subject: "me", batch: "batch_1", genre: "horror", minQuality: 0.8, maxQuality: 0.8, text: "well" };
  expect(isMeant({ ...meant, status: "accepted", reviewed: false }, one)).toBe(true);
  for (const other of [
    { subject: "you" },
    { batch: "batch_2" },
    { genre: "romance" },
    { minQuality: 0.81 },
    { maxQuality: 0.79 },
    { text: "dragon" },
    { status: "rejected" as const },
    { reviewed: true },
  ]) {
    expect(isMeant({ ...meant, ...other }, one), JSON.stringify(other)).toBe(false);
  }
});

test("what was never judged is below every quality", () => {
  const unjudged = example("1", { quality: null });
  expect(isMeant({ minQuality: 0.1 }, unjudged)).toBe(false);
  expect(isMeant({ maxQuality: 0.1 }, unjudged)).toBe(true);
});

test("what arrives while a list is read is not lost to the older answer", async () => {
  const queries = new QueryClient();
  const queryKey = ["get", "/api/v1/examples", { params: { query: { limit: 250 } } }];
  let answer: (page: unknown) => void = () => undefined;
  const reading = queries.fetchInfiniteQuery({
    queryKey,
    initialPageParam: null,
    queryFn: () => new Promise((resolve) => (answer = resolve)),
  });
  takeExamples(queries.getQueryCache().getAll(), [example("2"), example("1", { status: "rejected" })]);
  answer({ examples: [example("1")], total: 1, next: null });
  await reading;
  const list = queries.getQueryData<ReturnType<typeof withExamples>>(queryKey);
  expect(list && idsOf(list)).toEqual([["2", "1"]]);
  expect(list?.pages[0]?.examples[1]?.status).toBe("rejected");
});
