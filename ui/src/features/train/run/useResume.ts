// Going on from the last saved point of a run that ended before its time.

import { notifications } from "@mantine/notifications";
import { ulid } from "ulid";
import { useActiveRun, useStartRun } from "../../../api/runs";
import type { Run } from "../../../api/types";
import { words } from "../words";

const t = words.run;

interface Resume {
  resume: (run: Run) => void;
  isPending: boolean;
}

/** `onResumed` is called if the new run starts at once; behind another it waits in the queue, and that is said. */
export function useResume(onResumed: () => void): Resume {
  const start = useStartRun();
  const active = useActiveRun();
  return {
    isPending: start.isPending,
    resume: (run) =>
      start.mutate(
        { body: { id: `run_${ulid()}`, resumeFrom: run.id } },
        {
          onSuccess: () => {
            if (active) notifications.show({ title: words.start.queued, message: words.start.queuedMeaning });
            else onResumed();
          },
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
