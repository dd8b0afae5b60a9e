// The four steps before a run. What is typed lives here; what Attune knows stays in its queries.

import { Stack } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { memo } from "react";
import { useApi } from "../../../api/client";
import { ApiProblem } from "../../../api/problem";
import { useActiveRun, useStartRun } from "../../../api/runs";
import type { RunRequest } from "../../../api/types";
import { useIdFor } from "../../../api/useIdFor";
import type { PickFolder } from "../bases/ImportFolder";
import { words } from "../words";
import { BaseCard } from "./BaseCard";
import { DatasetCard, type PickFile } from "./DatasetCard";
import { ParametersCard } from "./ParametersCard";
import { fieldOf, requestOf, useParameters } from "./parameters";
import { StartCard } from "./StartCard";
import { standardsOf } from "./standards";
import { type Beginning, NEW, useBeginning } from "./useBeginning";
import { type Defaults, useDefaults } from "./useDefaults";
import { useMemoryNeeded } from "./useMemoryNeeded";
import { useSource } from "./useSource";

/** The system's dialogs, where there are any. */
export interface Pick {
  file: PickFile | undefined;
  folder: PickFolder | undefined;
}

interface RunFormProps {
  pick: Pick;
  onStarted: () => void;
}

/** Drawn anew for itself alone: news of runs come many times a second, and thousands of runs by the part. */
export const RunForm = memo(function RunForm({ pick, onStarted }: RunFormProps) {
  const beginning = useBeginning();
  const method = beginning.choice === NEW ? beginning.method : undefined;
  const parameters = useParameters();
  const chosen = requestOf(parameters.getValues(), method);
  const { data: settings } = useApi().doors.useQuery("get", "/api/v1/settings");
  const source = useSource({
    standard: settings?.softPromptDatabasePath ?? "",
    maxSamples: chosen.maxSamples ?? settings?.trainingMaxSamples,
  });
  const defaults = useDefaults(beginning, source.found);
  const standards = standardsOf(defaults);
  const memory = useMemoryNeeded({ ...beginning.request, ...chosen });
  const active = useActiveRun();
  const start = useStartRun();
  const idFor = useIdFor<RunRequest>("run");

  const submit = () => {
    const { epochs, maxSamples } = defaults;
    const ofSettings = { ...(epochs ? { epochs } : {}), ...(maxSamples ? { maxSamples } : {}) };
    const wanted: RunRequest = { dataPath: source.path, ...beginning.request, ...ofSettings, ...chosen };
    const isQueued = active !== undefined;
    start.mutate(
      { body: { ...wanted, id: idFor(wanted) } },
      {
        onSuccess: () => {
          idFor.forget();
          if (isQueued) notifications.show({ title: words.start.queued, message: words.start.queuedMeaning });
          else onStarted();
        },
        onError: (problem) => {
          // Refused for good: the next attempt is a new one. Without an answer it might have started, so the id stays.
          if (problem instanceof ApiProblem && problem.code !== "unreachable") idFor.forget();
          const blamed = problem.field && fieldOf(problem.field);
          if (blamed) parameters.setFieldError(blamed, problem.message);
        },
      },
    );
  };

  return (
    <Stack
      component="form"
      gap="md"
      miw={0}
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      <BaseCard beginning={beginning} defaults={defaults} pickFolder={pick.folder} />
      <DatasetCard source={source} pickFile={pick.file} />
      <ParametersCard form={parameters} standards={standards} method={method} />
      <StartCard
        source={source}
        lacking={lackingAdapter(beginning, defaults)}
        memory={memory}
        active={active}
        isStarting={start.isPending}
        problem={start.error}
      />
    </Stack>
  );
});

/** Why there is no adapter to begin with, where one was chosen. */
function lackingAdapter({ lacksFolder }: Beginning, { problem }: Defaults): string | undefined {
  if (lacksFolder) return words.start.noAdapter;
  return problem ? words.start.noSuchAdapter : undefined;
}
