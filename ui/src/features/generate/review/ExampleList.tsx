// The examples one below the other. Only those in sight are drawn, so that ten thousand scroll like ten.
//
// The keyboard stays on the list itself, which names the selected row: a row may be scrolled away and be drawn no more.

import { Text, VisuallyHidden } from "@mantine/core";
import { IconCheck, IconCircleDashed, IconPencil, IconX, type TablerIcon } from "@tabler/icons-react";
import { defaultRangeExtractor, useVirtualizer } from "@tanstack/react-virtual";
import { memo, type RefObject, useEffect, useLayoutEffect, useRef } from "react";
import type { Example, ExampleStatus } from "../../../api/types";
import { QualityMark } from "../QualityMark";
import { words } from "../words";
import classes from "./review.module.css";

const t = words.review;

/** Pixels; the same for every row, so that rows that arrive above can be made up for. */
export const ROW = 68;
const BESIDE = 6;
/** Further rows are asked for while so many are still to come. */
const AHEAD = 80;

interface ExampleListProps {
  examples: Example[];
  /** Of all parts together. */
  total: number;
  index: number;
  titles: Map<string, string>;
  mayHaveMore: boolean;
  isLoadingMore: boolean;
  onMore: () => void;
  onSelect: (index: number) => void;
  list: RefObject<HTMLDivElement | null>;
}

export function ExampleList(props: ExampleListProps) {
  const { examples, total, index, titles, mayHaveMore, isLoadingMore, onMore, onSelect, list } = props;
  const rows = useVirtualizer({
    count: examples.length,
    getScrollElement: () => list.current,
    estimateSize: () => ROW,
    getItemKey: (at) => examples[at]?.id ?? at,
    overscan: BESIDE,
    // The selected row is named by the list, so it must be there.
    rangeExtractor: (range) => {
      const near = defaultRangeExtractor(range);
      return index < examples.length && !near.includes(index) ? [...near, index].sort((a, b) => a - b) : near;
    },
  });
  useRowsAbove(list, examples);
  const selectedId = examples[index]?.id;
  const isFirst = useRef(true);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a row that moves because others arrive is not to be followed
  useEffect(() => {
    // What is there at first is in sight already.
    if (isFirst.current) isFirst.current = false;
    else rows.scrollToIndex(index, { align: "auto" });
  }, [selectedId]);
  const last = rows.range?.endIndex ?? 0;
  const isDue = mayHaveMore && !isLoadingMore && last >= examples.length - AHEAD && (rows.scrollOffset ?? 0) > 0;
  useEffect(() => {
    if (isDue) onMore();
  }, [isDue, onMore]);

  return (
    <div
      ref={list}
      className={classes.list}
      role="listbox"
      tabIndex={0}
      aria-label={t.list}
      aria-activedescendant={selectedId && optionId(selectedId)}
      data-testid="examples"
    >
      <div role="presentation" className={classes.rows} style={{ height: rows.getTotalSize() }}>
        {rows.getVirtualItems().map(({ index: at, start }) => {
          const example = examples[at];
          return example ? (
            <Row
              key={example.id}
              example={example}
              title={titles.get(example.genre ?? "") ?? example.genre}
              at={at}
              of={mayHaveMore ? total : examples.length}
              top={start}
              isSelected={at === index}
              onSelect={onSelect}
            />
          ) : null;
        })}
      </div>
    </div>
  );
}

interface RowProps {
  example: Example;
  title: string | null;
  /** Its place, from 0. */
  at: number;
  of: number;
  top: number;
  isSelected: boolean;
  onSelect: (index: number) => void;
}

const Row = memo(function Row({ example, title, at, of, top, isSelected, onSelect }: RowProps) {
  const { id, quality, status, output, rejection, originalOutput } = example;
  const { icon: Icon, color } = STATUS_LOOKS[status];
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the list has the keyboard
    // biome-ignore lint/a11y/useFocusableInteractive: the list has the focus, and names the row
    <div
      id={optionId(id)}
      role="option"
      aria-selected={isSelected}
      aria-posinset={at + 1}
      aria-setsize={of}
      className={classes.row}
      style={{ height: ROW, transform: `translateY(${top}px)` }}
      onClick={() => onSelect(at)}
      data-status={status}
    >
      <QualityMark quality={quality} />
      <Icon size={16} color={color} aria-hidden className={classes.icon} />
      <div className={classes.rowText}>
        <Text fz="sm" truncate>
          <VisuallyHidden>{t.statuses[status]}. </VisuallyHidden>
          {output || t.noText}
        </Text>
        <Text fz="xs" c="dimmed" truncate>
          {[title, originalOutput === null ? null : t.edited, rejection?.words].filter(Boolean).join(" · ")}
        </Text>
      </div>
      {originalOutput === null ? null : <IconPencil size={14} aria-hidden className={classes.icon} />}
    </div>
  );
});

export const STATUS_LOOKS: Record<ExampleStatus, { icon: TablerIcon; color: string }> = {
  accepted: { icon: IconCheck, color: "var(--attune-done)" },
  rejected: { icon: IconX, color: "var(--attune-failure)" },
  candidate: { icon: IconCircleDashed, color: "var(--attune-base)" },
};

function optionId(id: string): string {
  return `example-${id}`;
}

/** Rows that arrive above what is looked at push nothing: the list is scrolled on by their height. */
function useRowsAbove(list: RefObject<HTMLDivElement | null>, examples: Example[]) {
  const first = useRef<string>(undefined);
  useLayoutEffect(() => {
    const before = first.current;
    first.current = examples[0]?.id;
    const element = list.current;
    if (!element || before === undefined || before === first.current || element.scrollTop === 0) return;
    const arrived = examples.findIndex(({ id }) => id === before);
    if (arrived > 0) element.scrollTop += arrived * ROW;
  }, [list, examples]);
}
