// Whether the page hears from Attune at this moment.

import { useSyncExternalStore } from "react";
import { useApi } from "./client";

export type ConnectionState = "connecting" | "live" | "reconnecting";

export class Connection {
  private current: ConnectionState = "connecting";
  private readonly listeners = new Set<() => void>();

  readonly get = () => this.current;

  readonly subscribe = (listener: () => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  set(state: ConnectionState) {
    if (state === this.current) return;
    this.current = state;
    for (const listener of this.listeners) listener();
  }
}

export function useConnection(): ConnectionState {
  const { connection } = useApi();
  return useSyncExternalStore(connection.subscribe, connection.get);
}
