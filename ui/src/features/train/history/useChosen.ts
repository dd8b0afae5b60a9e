// The runs chosen to be compared, in the order in which they were chosen.

import { useCallback, useState } from "react";
import type { Run } from "../../../api/types";
import { MOST_RUNS } from "../compare/lines";

export function useChosen(runs: Run[]) {
  const [ids, setIds] = useState<string[]>([]);
  const toggle = useCallback(
    (id: string) =>
      setIds((chosen) => (chosen.includes(id) ? chosen.filter((other) => other !== id) : [...chosen, id])),
    [],
  );
  // A run that was deleted meanwhile is chosen no more.
  const chosen = ids.flatMap((id) => runs.find((run) => run.id === id) ?? []);
  return {
    runs: chosen,
    has: (id: string) => ids.includes(id),
    isFull: chosen.length >= MOST_RUNS,
    toggle,
    clear: () => setIds([]),
  };
}
