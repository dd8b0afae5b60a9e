// Which batch the page shows, kept in the address: it outlives a reload, and the way back leads through it.

import { useHash } from "@mantine/hooks";

/** The page's own name in the address. */
export const GENERATE = "generate";

/** Undefined where none was chosen: the one that runs, or else the newest. */
export function useChosenBatch(): string | undefined {
  const [hash] = useHash({ getInitialValueInEffect: false });
  return hash.slice(1).split("/")[1] || undefined;
}

/** Without an id: where none is chosen. */
export function goToBatch(id?: string) {
  location.hash = [GENERATE, id].filter(Boolean).join("/");
}
