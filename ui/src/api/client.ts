// The typed client of Attune's own API. How a request travels is not known here: `fetch` is handed in.

import createFetchClient, { type Middleware } from "openapi-fetch";
import createQueryClient, { type OpenapiQueryClient } from "openapi-react-query";
import { createContext, useContext } from "react";
import { Connection } from "./connection";
import { ApiProblem } from "./problem";
import type { paths } from "./schema";

export interface Api {
  /** Hooks and query options by door, as the OpenAPI document names them. */
  doors: OpenapiQueryClient<paths>;
  /** For answers that come in pieces. */
  fetch: typeof globalThis.fetch;
  connection: Connection;
}

export function createApi(fetch: typeof globalThis.fetch): Api {
  const client = createFetchClient<paths>({ fetch });
  client.use(problemsAsErrors);
  return { doors: createQueryClient(client), fetch, connection: new Connection() };
}

export const ApiContext = createContext<Api | undefined>(undefined);

export function useApi(): Api {
  const api = useContext(ApiContext);
  if (!api) throw new Error("useApi needs an ApiContext above it");
  return api;
}

const problemsAsErrors: Middleware = {
  async onResponse({ response }) {
    if (!response.ok) throw await ApiProblem.fromResponse(response);
  },
  onError({ error }) {
    // An abort is somebody's wish, not a failure.
    if (error instanceof DOMException && error.name === "AbortError") return;
    return ApiProblem.fromNetworkError(error);
  },
};
