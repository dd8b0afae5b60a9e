// Whether an element is higher inside than out.

import { useElementSize, useMergedRef } from "@mantine/hooks";
import { useLayoutEffect, useRef, useState } from "react";

/** Measured again when the content or the width changes. */
export function useOverflow<T extends HTMLElement>(content: unknown) {
  const { ref: sized, width } = useElementSize<T>();
  const measured = useRef<T>(null);
  const ref = useMergedRef(sized, measured);
  const [overflows, setOverflows] = useState(false);
  // biome-ignore lint/correctness/useExhaustiveDependencies: both decide what is measured
  useLayoutEffect(() => {
    const element = measured.current;
    if (element) setOverflows(element.scrollHeight > element.clientHeight);
  }, [content, width]);
  return { ref, overflows };
}
