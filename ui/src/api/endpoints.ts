// Endpoints that a person has set up, and what their servers say when they are asked.

import { type QueryClient, type UseQueryResult, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { ESTIMATES } from "./batches";
import { type Api, useApi } from "./client";
import type { ApiProblem } from "./problem";
import type { Endpoint, EndpointCheck, EndpointDetails, EndpointKeyState } from "./types";
import { useIdFor } from "./useIdFor";

const LISTS = { queryKey: ["get", "/api/v1/endpoints"] as const };

export function useEndpoints() {
  const endpoints = useApi().doors.useQuery("get", "/api/v1/endpoints");
  // Every failure is an ApiProblem (client.ts), also behind a door whose document names none.
  return endpoints as UseQueryResult<Endpoint[], ApiProblem>;
}

/** Whether there is a key and where; the key itself is never told. */
export function useEndpointKey(id: string) {
  const key = useApi().doors.useQuery("get", "/api/v1/endpoints/{id}/key", { params: { path: { id } } });
  return key as UseQueryResult<EndpointKeyState, ApiProblem>;
}

/** What the last check found, until the window or tab is closed; nothing is asked by looking. */
export function useEndpointCheck(id: string) {
  const check = useQuery({ ...checkQuery(useApi(), id), enabled: false });
  return check as UseQueryResult<EndpointCheck, ApiProblem>;
}

/** Asks a server; {@link useEndpointCheck} has what comes of it, a failure too. */
export function useRunCheck() {
  const api = useApi();
  const queries = useQueryClient();
  return (id: string) => void queries.prefetchQuery({ ...checkQuery(api, id), staleTime: 0 });
}

export function useTryEndpoint() {
  return useApi().doors.useMutation("post", "/api/v1/endpoints/{id}/trial");
}

/** The models that a server offers, before or after there is an endpoint for it. */
export function useEndpointModels() {
  return useApi().doors.useMutation("post", "/api/v1/endpoints/models");
}

export function useDeleteEndpoint({ onFailed }: { onFailed: (problem: { message: string }) => void }) {
  const queries = useQueryClient();
  return useApi().doors.useMutation("delete", "/api/v1/endpoints/{id}", {
    // Gone from the list at once: nothing that is shown of it may be asked for again.
    onSuccess: ({ id }: Endpoint) =>
      queries.setQueriesData<Endpoint[]>(LISTS, (list) => list?.filter((one) => one.id !== id)),
    onError: onFailed,
    onSettled: () => refresh(queries),
  });
}

export interface WantedEndpoint {
  details: EndpointDetails;
  /** Null forgets the key that is kept; undefined leaves it as it is. */
  key: string | null | undefined;
}

/** Keeps an endpoint and then its key. Where the key is refused the endpoint is there all the same, as `kept`. */
export function useSaveEndpoint(before: Endpoint | undefined) {
  const api = useApi();
  const { doors } = api;
  const queries = useQueryClient();
  const idFor = useIdFor<EndpointDetails>("end");
  const [kept, setKept] = useState(before);
  const [isKeyRefused, refuseKey] = useState(false);
  const create = doors.useMutation("post", "/api/v1/endpoints");
  const change = doors.useMutation("put", "/api/v1/endpoints/{id}");
  const changeKey = doors.useMutation("put", "/api/v1/endpoints/{id}/key");
  const save = useMutation<Endpoint, ApiProblem, WantedEndpoint>({
    mutationFn: async ({ details, key }) => {
      refuseKey(false);
      const endpoint = kept
        ? await change.mutateAsync({ params: { path: { id: kept.id } }, body: details })
        : await create.mutateAsync({ body: { id: idFor(details), ...details } });
      setKept(endpoint);
      // What was found, or is still being asked, was of what it was before.
      void queries.resetQueries({ queryKey: checkQuery(api, endpoint.id).queryKey });
      refuseKey(key !== undefined);
      if (key !== undefined) await changeKey.mutateAsync({ params: { path: { id: endpoint.id } }, body: { key } });
      refuseKey(false);
      return endpoint;
    },
    onSettled: () => {
      void queries.invalidateQueries({ queryKey: ["get", "/api/v1/endpoints/{id}/key"] });
      return refresh(queries);
    },
  });
  return { kept, isKeyRefused: isKeyRefused && save.isError, ...save };
}

function checkQuery({ doors }: Api, id: string) {
  const options = doors.queryOptions("post", "/api/v1/endpoints/{id}/check", { params: { path: { id } } });
  return { ...options, gcTime: Number.POSITIVE_INFINITY };
}

function refresh(queries: QueryClient) {
  void queries.invalidateQueries(ESTIMATES);
  return queries.invalidateQueries(LISTS);
}
