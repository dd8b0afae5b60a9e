// All runs, newest first, a page at a time; and those chosen from them to be compared.

import { Button, Group, Pagination, Skeleton, Table, Text } from "@mantine/core";
import { useState } from "react";
import type { useAllRuns } from "../../../api/runs";
import type { Run } from "../../../api/types";
import { Card } from "../../../components/Card";
import { Empty } from "../../../components/Empty";
import { ProblemNotice } from "../../../components/ProblemNotice";
import { count } from "../../../components/quantity";
import { CompareDialog } from "../compare/CompareDialog";
import { words } from "../words";
import { CompareBar } from "./CompareBar";
import { RunRow } from "./RunRow";
import { useChosen } from "./useChosen";

const t = words.history;

/** More rows than this are slow to draw and no easier to look through. */
const PAGE = 25;

interface RunHistoryProps {
  all: ReturnType<typeof useAllRuns>;
  shownId: string | undefined;
  onSelect: (runId: string) => void;
  onResumed: () => void;
}

export function RunHistory({ all: { newest, runs, older }, shownId, onSelect, onResumed }: RunHistoryProps) {
  const chosen = useChosen(runs ?? []);
  const [isComparing, compare] = useState(false);
  return (
    <Card title={t.title} aside={runs?.length ? <CompareBar chosen={chosen} onCompare={() => compare(true)} /> : null}>
      {newest.isPending ? <Skeleton height={120} role="status" aria-label={words.loading} /> : null}
      {newest.error && !runs ? <ProblemNotice problem={newest.error} onRetry={() => void newest.refetch()} /> : null}
      {runs?.length === 0 ? <Empty title={t.emptyTitle} firstStep={t.emptyStep} /> : null}
      {runs?.length ? (
        <Rows runs={runs} chosen={chosen} shownId={shownId} onSelect={onSelect} onResumed={onResumed} older={older} />
      ) : null}
      <CompareDialog runs={chosen.runs} opened={isComparing && chosen.runs.length > 1} onClose={() => compare(false)} />
    </Card>
  );
}

interface RowsProps extends Omit<RunHistoryProps, "all"> {
  runs: Run[];
  chosen: ReturnType<typeof useChosen>;
  older: RunHistoryProps["all"]["older"];
}

function Rows({ runs, chosen, shownId, onSelect, onResumed, older }: RowsProps) {
  const [wantedPage, turnTo] = useState(1);
  const pages = Math.ceil(runs.length / PAGE);
  // Deleted runs may have taken the last page with them.
  const page = Math.min(wantedPage, pages);
  const from = (page - 1) * PAGE;
  const onPage = runs.slice(from, from + PAGE);
  return (
    <>
      <Table.ScrollContainer minWidth={1000} scrollAreaProps={{ viewportProps: { tabIndex: 0 } }}>
        <Table verticalSpacing={6} horizontalSpacing="xs" aria-label={t.title} data-testid="history">
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{t.choose}</Table.Th>
              <Table.Th>{t.status}</Table.Th>
              <Table.Th>{t.run}</Table.Th>
              <Table.Th>{t.curve}</Table.Th>
              <Table.Th ta="right">{t.finalLoss}</Table.Th>
              <Table.Th ta="right">{t.validationLoss}</Table.Th>
              <Table.Th ta="right">{t.samples}</Table.Th>
              <Table.Th ta="right">{t.duration}</Table.Th>
              <Table.Th>{t.started}</Table.Th>
              <Table.Th w="26%">{t.notes}</Table.Th>
              <Table.Th>{t.actions}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {onPage.map((run) => (
              <RunRow
                key={run.id}
                run={run}
                isShown={run.id === shownId}
                isChosen={chosen.has(run.id)}
                isChoosable={chosen.has(run.id) || !chosen.isFull}
                onChoose={chosen.toggle}
                onSelect={onSelect}
                onResumed={onResumed}
              />
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
      {pages > 1 || older.mayExist ? (
        <Group justify="space-between" mt="sm" gap="sm">
          <Text fz="xs" c="dimmed" data-numbers>
            {t.shown(count(from + 1), count(from + onPage.length), count(runs.length))}
          </Text>
          {pages > 1 ? (
            <Pagination
              size="sm"
              total={pages}
              value={page}
              onChange={turnTo}
              getItemProps={(number) => ({ "aria-label": t.page(number) })}
              getControlProps={(control) => ({
                "aria-label": control === "previous" ? t.previousPage : t.nextPage,
              })}
            />
          ) : null}
          {older.mayExist ? (
            <Button variant="default" size="xs" loading={older.isLoading} onClick={older.load}>
              {t.older}
            </Button>
          ) : null}
        </Group>
      ) : null}
      {older.problem ? <ProblemNotice problem={older.problem} onRetry={older.load} /> : null}
    </>
  );
}
