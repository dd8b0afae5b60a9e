// What a browser does on its own when it goes to another document: the title changes, and reading begins anew.

import { useEffect, useRef } from "react";
import { words } from "./words";

/** For the element that holds the page. `onChange` is called when another page has taken its place. */
export function usePageFocus(page: { id: string; label: string }, onChange: () => void) {
  const main = useRef<HTMLElement>(null);
  const before = useRef(page.id);
  useEffect(() => {
    document.title = words.title(page.label);
    if (before.current === page.id) return;
    before.current = page.id;
    onChange();
    window.scrollTo({ top: 0 });
    main.current?.focus({ preventScroll: true });
  }, [page, onChange]);
  return main;
}
