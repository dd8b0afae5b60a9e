// Keeps the keyboard where it was when what it stood on gives way to something else.

import { useLayoutEffect, useRef } from "react";

/**
 * For the element around controls that change with `mode`. If the one with the focus is gone, the first of those in
 * its place gets it; a focus that is elsewhere stays there.
 */
export function useKeptFocus<T extends HTMLElement>(mode: string) {
  const around = useRef<T>(null);
  const wasInside = useRef(false);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a change of the mode is what takes the controls away
  useLayoutEffect(() => {
    const isLost = document.activeElement === document.body || document.activeElement === null;
    if (wasInside.current && isLost) around.current?.querySelector<HTMLElement>("button, textarea")?.focus();
  }, [mode]);
  return {
    ref: around,
    onFocus: () => {
      wasInside.current = true;
    },
    onBlur: ({ relatedTarget }: { relatedTarget: EventTarget | null }) => {
      // Whoever vanishes with the focus hands it to nobody.
      if (relatedTarget instanceof Node && !around.current?.contains(relatedTarget)) wasInside.current = false;
    },
  };
}
