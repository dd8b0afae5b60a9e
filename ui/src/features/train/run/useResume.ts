// Going on from the last saved point of a run that ended before its time.

import { notifications } from "@mantine/notifications";
import { ulid } from "ulid";
import { useStartRun } from "../../../api/runs";
import type { Run } from "../../../api/types";
import { words } from "../words";

const t = words.run;

interface Resume {
  resume: (run: Run) => void;
  isPending: boolean;
}

/** `onResumed` gets the new run. */
export function useResume(onResumed: (started: Run) => void): Resume {
  const start = useStartRun();
  return {
    isPending: start.isPending,
    resume: (run) =>
      start.mutate(
        { body: { id: `run_${ulid()}`, resumeFrom: run.id } },
        {
          onSuccess: onResumed,
          onError: ({ message, hint }) =>
            notifications.show({
              color: "var(--attune-failure)",
              title: t.resumeFailed,
              message: hint ? `${message} ${hint}` : message,
              autoClose: false,
            }),
        },
      ),
  };
}
