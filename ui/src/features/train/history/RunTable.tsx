// The rows of the history. Only those in sight are drawn, so that ten thousand runs scroll like ten.

import { Group, Loader, Table, Text, VisuallyHidden } from "@mantine/core";
import { Fragment, useEffect, useRef } from "react";
import type { useAllRuns } from "../../../api/runs";
import type { Run } from "../../../api/types";
import { ProblemNotice } from "../../../components/ProblemNotice";
import { count } from "../../../components/quantity";
import { words } from "../words";
import { RunRow } from "./RunRow";
import classes from "./RunTable.module.css";
import type { useChosen } from "./useChosen";
import { useRowsInSight } from "./useRowsInSight";

const t = words.history;

/** Further rows are asked for while so many are still to come. */
const AHEAD = 60;

interface RunTableProps {
  runs: Run[];
  older: ReturnType<typeof useAllRuns>["older"];
  chosen: ReturnType<typeof useChosen>;
  shownId: string | undefined;
  onSelect: (runId: string) => void;
  onResumed: () => void;
}

export function RunTable({ runs, older, chosen, shownId, onSelect, onResumed }: RunTableProps) {
  const scroller = useRef<HTMLDivElement>(null);
  const rows = useRowsInSight(scroller, runs);
  const isNearEnd = rows.last >= runs.length - AHEAD;
  const isDue = isNearEnd && older.mayExist && !older.isLoading && !older.problem && rows.isScrolled;
  const { load } = older;
  useEffect(() => {
    if (isDue) load();
  }, [isDue, load]);
  return (
    <>
      <section
        ref={scroller}
        className={classes.scroller}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region is operable
        tabIndex={0}
        aria-label={t.runs}
        data-testid="history-scroll"
      >
        <Table
          className={classes.table}
          verticalSpacing={6}
          horizontalSpacing="xs"
          stickyHeader
          aria-label={t.title}
          aria-rowcount={older.mayExist ? -1 : runs.length + 1}
          data-testid="history"
        >
          <Table.Thead>
            <Table.Tr aria-rowindex={1}>
              <Table.Th w={44}>
                <VisuallyHidden>{t.choose}</VisuallyHidden>
              </Table.Th>
              <Table.Th w={112}>{t.status}</Table.Th>
              <Table.Th w="18%">{t.run}</Table.Th>
              <Table.Th w={108}>{t.curve}</Table.Th>
              <Table.Th w={72} ta="right">
                {t.finalLoss}
              </Table.Th>
              <Table.Th w={92} ta="right">
                {t.validationLoss}
              </Table.Th>
              <Table.Th w={84} ta="right">
                {t.samples}
              </Table.Th>
              <Table.Th w={84} ta="right">
                {t.duration}
              </Table.Th>
              <Table.Th w={104}>{t.started}</Table.Th>
              <Table.Th>{t.notes}</Table.Th>
              <Table.Th w={48}>
                <VisuallyHidden>{t.actions}</VisuallyHidden>
              </Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody onFocus={rows.keepFocused} onBlur={rows.letFocusGo}>
            {rows.drawn.map(({ run, index, gap }) => (
              <Fragment key={run.id}>
                <Gap height={gap} />
                <RunRow
                  run={run}
                  index={index}
                  onDrawn={rows.measure}
                  isShown={run.id === shownId}
                  isChosen={chosen.has(run.id)}
                  isChoosable={chosen.has(run.id) || !chosen.isFull}
                  onChoose={chosen.toggle}
                  onSelect={onSelect}
                  onResumed={onResumed}
                />
              </Fragment>
            ))}
            <Gap height={rows.gapBelow} />
          </Table.Tbody>
        </Table>
      </section>
      <Group gap="xs" mt="sm" role="status">
        {older.isLoading ? <Loader size={12} /> : null}
        <Text fz="xs" c="dimmed" data-numbers data-testid="history-count">
          {older.mayExist ? t.newest(count(runs.length)) : t.all(runs.length, count(runs.length))}
        </Text>
      </Group>
      {older.problem ? <ProblemNotice problem={older.problem} onRetry={older.load} /> : null}
    </>
  );
}

const COLUMNS = 11;

/** The room of rows that are not drawn. */
function Gap({ height }: { height: number }) {
  if (height <= 0) return null;
  return (
    <tr aria-hidden>
      <td colSpan={COLUMNS} className={classes.gap} style={{ height }} />
    </tr>
  );
}
