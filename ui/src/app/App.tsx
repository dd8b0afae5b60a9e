// Wires the page together: look, data, event stream, frame.

import { MantineProvider } from "@mantine/core";
import { ModalsProvider } from "@mantine/modals";
import { Notifications } from "@mantine/notifications";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { useEffect } from "react";
import { ApiContext, createApi } from "../api/client";
import { followEvents } from "../api/events";
import { platform } from "../platform";
import { Frame } from "./Frame";
import { cssVariables, theme } from "./theme";

const api = createApi(platform.fetch);

const queries = new QueryClient({
  defaultOptions: {
    // Attune runs on this machine: whether the network is up has no bearing on it.
    queries: { networkMode: "always", retry: false, refetchOnWindowFocus: false },
    mutations: { networkMode: "always" },
  },
});

export function App() {
  useEffect(() => followEvents(platform.fetch, api, queries), []);
  return (
    <MantineProvider theme={theme} cssVariablesResolver={cssVariables} defaultColorScheme="auto">
      <QueryClientProvider client={queries}>
        <ApiContext value={api}>
          <ModalsProvider>
            {/* Above the status strip. */}
            <Notifications position="bottom-right" mb={32} />
            <Frame />
          </ModalsProvider>
        </ApiContext>
      </QueryClientProvider>
    </MantineProvider>
  );
}
