// Who can write: what can be asked on this computer, and besides it endpoints and chat models in files.

import { useEndpoints } from "../../../api/endpoints";
import { NO_FOLDER } from "../../../api/models";
import type { Endpoint } from "../../../api/types";
import { useModels } from "../../../api/useModels";
import { generatorOf } from "./wish";

/** Where nobody has set one up, and before they are read. */
const NONE: Endpoint[] = [];

/** The runs among the `wanted` choices are there however old they are. */
export function useWriters(wanted: string[]) {
  const models = useModels(wanted);
  const read = useEndpoints();
  const endpoints = read.data ?? NONE;
  const isKnown = models.isKnown && read.data !== undefined;
  const generator = (choice: string) => {
    const named = generatorOf(choice, models.completed, endpoints);
    return named?.kind === "local_t5" && !models.model(choice) ? undefined : named;
  };
  return {
    bases: models.bases,
    endpoints,
    isKnown,
    problem: models.problem ?? read.error,
    retry: () => {
      models.retry();
      if (read.error) void read.refetch();
    },
    generator,
    /** What one more begins with. */
    another: (chosen: string[]) => {
      const offered = [...models.first(), ...endpoints.map(({ id }) => `endpoint:${id}`)];
      return offered.find((choice) => !chosen.includes(choice)) ?? NO_FOLDER;
    },
    /** What a field in which a choice is made shows, and what it does with another. */
    selection: (choice: string, onChange: (choice: string) => void) => ({
      ...models.selection(choice, onChange),
      writers: { endpoints },
      isMissing: isKnown && !generator(choice),
    }),
  };
}

export type Writers = ReturnType<typeof useWriters>;
