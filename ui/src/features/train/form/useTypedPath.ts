// A path in the making: it counts when the typing rests, or at once with Enter or a dialog.
//
// Not when the field is left: what is found there moves the page, and the press that left the field would miss what it
// was meant for.

import { useDebouncedCallback } from "@mantine/hooks";
import { useState } from "react";

const REST_MS = 400;

/** `take` gets the path; `initial` stands in the field until something is typed. */
export function useTypedPath(initial: string, take: (path: string) => void) {
  const [typed, setTyped] = useState<string>();
  const takeSoon = useDebouncedCallback(take, REST_MS);
  return {
    typed: typed ?? initial,
    type: (next: string) => {
      setTyped(next);
      takeSoon(next);
    },
    enter: (next: string) => {
      takeSoon.cancel();
      setTyped(next);
      take(next);
    },
  };
}
