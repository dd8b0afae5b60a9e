// The keys that ask.

import type { KeyboardEvent } from "react";

/** Whether these keys ask, wherever in the form they are pressed. */
export function isAskedBy({ key, ctrlKey, metaKey }: KeyboardEvent): boolean {
  return key === "Enter" && (ctrlKey || metaKey);
}
