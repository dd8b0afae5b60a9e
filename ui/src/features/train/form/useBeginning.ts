// What a new run begins with: a new adapter on a base, or one that was trained before and says itself what it is.

import { useState } from "react";
import { useApi } from "../../../api/client";
import { useRuns } from "../../../api/runs";
import type { Method, Run } from "../../../api/types";
import { useTypedPath } from "./useTypedPath";

/** A choice in the form; any other is the id of a run. */
export const NEW = "new";
export const FOLDER = "folder";

export type Beginning = ReturnType<typeof useBeginning>;

export function useBeginning() {
  const { data: settings } = useApi().doors.useQuery("get", "/api/v1/settings");
  const runs = useRuns().data?.filter(({ status }) => status === "completed") ?? [];
  const [choice, choose] = useState(NEW);
  const [folder, setFolder] = useState("");
  const typedFolder = useTypedPath("", setFolder);
  const [chosenBase, setBase] = useState<string>();
  const [chosenMethod, setMethod] = useState<Method>();
  const run = runs.find(({ id }) => id === choice);
  // A run that was deleted meanwhile is no choice any more.
  const kept = choice === FOLDER || run ? choice : NEW;
  const startFrom = kept === FOLDER ? folder.trim() || undefined : run?.runDirectory;
  const isNew = kept === NEW;
  // A folder may name a base that is known here by another name; the run of an adapter knows its own.
  const base = chosenBase ?? (isNew ? (settings?.trainingBaseModel ?? "auto") : undefined);
  const method = chosenMethod ?? settings?.trainingMethod ?? "soft-prompt";
  return {
    runs,
    choice: kept,
    choose: (next: string) => {
      choose(next);
      setBase(undefined);
    },
    typedFolder,
    base,
    setBase,
    method,
    setMethod,
    startFrom,
    /** Whether a folder is wanted and not named yet, or not to its end. */
    lacksFolder: kept === FOLDER && (!startFrom || typedFolder.typed.trim() !== startFrom),
    request: isNew ? { baseModel: base ?? null, method } : { startFrom: startFrom ?? null, ...ownBase(run, base) },
  };
}

function ownBase(run: Run | undefined, base: string | undefined) {
  return run || !base ? {} : { baseModel: base };
}
