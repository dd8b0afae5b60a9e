// What can be asked on this computer, by name.

import { useBases } from "./bases";
import { firstChoices, modelOf, runOutside } from "./models";
import { useAllRuns, useRunsById } from "./runs";

/** The runs among the `wanted` choices are there however old they are. */
export function useModels(wanted: string[]) {
  const bases = useBases();
  const { newest, runs, older } = useAllRuns();
  const outside = runs ? wanted.map((choice) => runOutside(choice, runs)).filter((id) => id !== undefined) : [];
  const others = useRunsById(outside);
  const completed = [...(runs ?? []), ...others.runs].filter(({ status }) => status === "completed");
  return {
    bases: bases.data ?? [],
    completed,
    isKnown: bases.data !== undefined && runs !== undefined && !others.isPending,
    problem: bases.error ?? newest.error,
    retry: () => {
      if (bases.error) void bases.refetch();
      if (newest.error) void newest.refetch();
    },
    /** Runs before the newest may have adapters too. */
    loadOlder: () => {
      if (older.mayExist && !older.isLoading) older.load();
    },
    first: () => firstChoices(bases.data ?? [], completed),
    model: (choice: string) => modelOf(choice, bases.data ?? [], completed),
  };
}

export type Models = ReturnType<typeof useModels>;
