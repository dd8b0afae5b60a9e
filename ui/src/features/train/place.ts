// Which run the training page shows, kept in the address: it outlives a reload, and the way back leads through it.

import { useHash } from "@mantine/hooks";

/** The page's own name in the address. */
export const TRAIN = "train";

const COMPARE = "compare";

/** The address of a run on this page; `compare` wants it asked beside its base. */
export function placeOf(runId?: string, wish?: typeof COMPARE): string {
  return [TRAIN, runId, wish].filter(Boolean).join("/");
}

export function usePlace() {
  const [hash] = useHash({ getInitialValueInEffect: false });
  const [, runId, wish] = hash.slice(1).split("/");
  return {
    /** Undefined where none was chosen. */
    runId: runId || undefined,
    wantsComparison: wish === COMPARE,
  };
}

/** Without an id: where none is chosen. */
export function goToRun(id?: string) {
  location.hash = placeOf(id);
}
