// What can be asked on this computer, by name.

import { useBases } from "../../api/bases";
import { useAllRuns } from "../../api/runs";
import { firstChoices, modelOf } from "./models";

export function useModels() {
  const bases = useBases();
  const { newest, runs, older } = useAllRuns();
  const completed = runs?.filter(({ status }) => status === "completed");
  return {
    bases: bases.data ?? [],
    completed: completed ?? [],
    isKnown: bases.data !== undefined && runs !== undefined,
    problem: bases.error ?? newest.error,
    retry: () => {
      if (bases.error) void bases.refetch();
      if (newest.error) void newest.refetch();
    },
    /** Runs before the newest may have adapters too. */
    loadOlder: () => {
      if (older.mayExist && !older.isLoading) older.load();
    },
    first: () => firstChoices(bases.data ?? [], completed ?? []),
    model: (choice: string) => modelOf(choice, bases.data ?? [], completed ?? []),
  };
}

export type Models = ReturnType<typeof useModels>;
