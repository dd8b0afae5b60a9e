// Ids that a request carries, so that a repeat after a lost answer starts nothing twice.

import { useRef } from "react";
import { ulid } from "ulid";

/** The same id for the same wish until it is settled; `forget` settles it. `kind` is what the id begins with. */
export function useIdFor<Wish>(kind: "run" | "batch" | "end") {
  const last = useRef<{ wish: string; id: string }>(undefined);
  const idFor = (wanted: Wish) => {
    const wish = JSON.stringify(wanted);
    if (last.current?.wish !== wish) last.current = { wish, id: `${kind}_${ulid()}` };
    return last.current.id;
  };
  idFor.forget = () => {
    last.current = undefined;
  };
  return idFor;
}
