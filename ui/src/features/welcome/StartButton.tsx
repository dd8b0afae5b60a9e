// Starts the run of the first start; a second click while it starts is no second run.

import { Button } from "@mantine/core";
import { useRef } from "react";
import { ulid } from "ulid";
import { useStartFirstRun } from "../../api/firstStart";
import { ProblemNotice } from "../../components/ProblemNotice";
import { words } from "./words";

export function StartButton({ label }: { label: string }) {
  const { mutate, isPending, isSuccess, error } = useStartFirstRun();
  // The same for every try of this button: a request whose answer got lost is repeated, not made anew.
  const id = useRef(`run_${ulid()}`);
  return (
    <>
      <Button
        size="md"
        loading={isPending || isSuccess}
        onClick={() => mutate({ body: { id: id.current } })}
        data-testid="start-first-run"
      >
        {label}
      </Button>
      {error ? (
        <ProblemNotice problem={{ message: `${words.couldNotStart}: ${error.message}`, hint: error.hint ?? null }} />
      ) : null}
    </>
  );
}
