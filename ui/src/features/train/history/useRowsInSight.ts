// Which rows of a long table are drawn: those in sight, some beside them, and the one that has the focus.

import { defaultRangeExtractor, useVirtualizer } from "@tanstack/react-virtual";
import { type FocusEvent, type RefObject, useCallback, useEffect, useState } from "react";
import type { Run } from "../../../api/types";

/** Pixels of a row without notes; every row is measured once it is drawn. */
const USUAL_HEIGHT = 56;
/** Rows drawn beyond each edge. */
const BESIDE = 8;

export function useRowsInSight(scroller: RefObject<HTMLDivElement | null>, runs: Run[]) {
  // A control that is scrolled away keeps the focus: taken out of the page, it would lose it to nowhere.
  const [focused, setFocused] = useState<number>();
  const rows = useVirtualizer({
    count: runs.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => USUAL_HEIGHT,
    getItemKey: (index) => runs[index]?.id ?? index,
    overscan: BESIDE,
    rangeExtractor: (range) => {
      const near = defaultRangeExtractor(range);
      const isKept = focused !== undefined && focused < runs.length && !near.includes(focused);
      return isKept ? [...near, focused].sort((a, b) => a - b) : near;
    },
  });
  // Heights are taken when the browser has laid the rows out. Taken while React puts them into the page, as the library
  // would, each could call for further rows within the same breath, and React gives up after fifty.
  const [heights] = useState(
    () =>
      new ResizeObserver((changes) => {
        for (const { target } of changes) {
          if (target instanceof HTMLElement) rows.resizeItem(Number(target.dataset.index), target.offsetHeight);
        }
      }),
  );
  useEffect(() => () => heights.disconnect(), [heights]);
  const items = rows.getVirtualItems();
  return {
    drawn: items.flatMap(({ index, start }, place) => {
      const run = runs[index];
      return run ? [{ run, index, gap: start - (items[place - 1]?.end ?? 0) }] : [];
    }),
    gapBelow: rows.getTotalSize() - (items.at(-1)?.end ?? 0),
    /** Index of the last row that is near. */
    last: rows.range?.endIndex ?? 0,
    /** Whether anybody looked further than the beginning. */
    isScrolled: (rows.scrollOffset ?? 0) > 0,
    /** For the `ref` of a row. */
    measure: useCallback(
      (row: HTMLTableRowElement | null) => {
        if (row) heights.observe(row);
        return () => {
          if (row) heights.unobserve(row);
        };
      },
      [heights],
    ),
    keepFocused: useCallback(({ target }: FocusEvent) => {
      const index = target.closest("tr")?.dataset.index;
      setFocused(index === undefined ? undefined : Number(index));
    }, []),
    letFocusGo: useCallback(() => setFocused(undefined), []),
  };
}
