// What can be asked on this computer, by name.

import { useBases } from "./bases";
import { firstChoices, modelOf, runOutside, typedPath } from "./models";
import { useAllRuns, useRunsById } from "./runs";

/** The runs among the `wanted` choices are there however old they are. */
export function useModels(wanted: string[]) {
  const bases = useBases();
  const { newest, runs, older } = useAllRuns();
  const outside = runs ? wanted.map((choice) => runOutside(choice, runs)).filter((id) => id !== undefined) : [];
  const others = useRunsById(outside);
  const completed = [...(runs ?? []), ...others.runs].filter(({ status }) => status === "completed");
  const isKnown = bases.data !== undefined && runs !== undefined && !others.isPending;
  const model = (choice: string) => modelOf(choice, bases.data ?? [], completed);
  /** Runs before the newest may have adapters too. */
  const loadOlder = () => {
    if (older.mayExist && !older.isLoading) older.load();
  };
  return {
    bases: bases.data ?? [],
    completed,
    isKnown,
    problem: bases.error ?? newest.error,
    retry: () => {
      if (bases.error) void bases.refetch();
      if (newest.error) void newest.refetch();
    },
    first: () => firstChoices(bases.data ?? [], completed),
    model,
    /** What a field in which a choice is made shows, and what it does with another. */
    selection: (choice: string, onChange: (choice: string) => void) => ({
      bases: bases.data ?? [],
      completed,
      value: choice,
      typed: typedPath(choice),
      isMissing: isKnown && !model(choice),
      onChange,
      onOpen: loadOlder,
    }),
  };
}

export type Models = ReturnType<typeof useModels>;
