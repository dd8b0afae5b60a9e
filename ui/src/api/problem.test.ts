import { QueryClient } from "@tanstack/react-query";
import { expect, test, vi } from "vitest";
import { createApi } from "./client";
import { runsQuery } from "./runs";

// Outside a page an address has nothing to be relative to.
class RequestOfPage extends Request {
  constructor(input: RequestInfo | URL, init?: RequestInit) {
    super(typeof input === "string" ? new URL(input, "http://attune.local") : input, init);
  }
}
vi.stubGlobal("Request", RequestOfPage);

/** What a query sees when the API answers so. */
async function failure(answer: () => Promise<Response>): Promise<unknown> {
  const queries = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  return queries.fetchQuery(runsQuery(createApi(answer))).catch((problem) => problem);
}

test("problem JSON becomes an error with its code, hint and field", async () => {
  const body = { code: "unusable", message: "There is no file x.", hint: "Choose one.", field: "databasePath" };
  expect(await failure(async () => Response.json(body, { status: 422 }))).toMatchObject({
    name: "ApiProblem",
    ...body,
  });
});

test("a failure without an explanation says so", async () => {
  const problem = await failure(async () => new Response("<h1>Bad gateway</h1>", { status: 502 }));
  expect(problem).toMatchObject({ code: "unreadable", message: expect.stringContaining("502") });
});

test("no answer at all is a problem too", async () => {
  const problem = await failure(async () => Promise.reject(new TypeError("Failed to fetch")));
  expect(problem).toMatchObject({ code: "unreachable", hint: expect.any(String) });
});
