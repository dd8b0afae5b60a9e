import { Skeleton, Table } from "@mantine/core";
import { useRuns } from "../../api/runs";
import { Card } from "../../components/Card";
import { Empty } from "../../components/Empty";
import { ProblemNotice } from "../../components/ProblemNotice";
import { RunRow } from "./RunRow";
import { words } from "./words";

const t = words.history;

interface RunHistoryProps {
  shownId: string | undefined;
  onSelect: (runId: string) => void;
}

export function RunHistory({ shownId, onSelect }: RunHistoryProps) {
  const runs = useRuns();
  return (
    <Card title={t.title}>
      {runs.isPending ? <Skeleton height={120} role="status" aria-label={words.loading} /> : null}
      {runs.error && !runs.data ? <ProblemNotice problem={runs.error} onRetry={() => void runs.refetch()} /> : null}
      {runs.data?.length === 0 ? <Empty title={t.emptyTitle} firstStep={t.emptyStep} /> : null}
      {runs.data?.length ? (
        <Table.ScrollContainer minWidth={720} scrollAreaProps={{ viewportProps: { tabIndex: 0 } }}>
          <Table verticalSpacing={6} horizontalSpacing="xs" aria-label={t.title} data-testid="history">
            <Table.Thead>
              <Table.Tr>
                <Table.Th>{t.status}</Table.Th>
                <Table.Th>{t.run}</Table.Th>
                <Table.Th ta="right">{t.samples}</Table.Th>
                <Table.Th ta="right">{t.epochs}</Table.Th>
                <Table.Th ta="right">{t.finalLoss}</Table.Th>
                <Table.Th ta="right">{t.duration}</Table.Th>
                <Table.Th>{t.started}</Table.Th>
                <Table.Th w="32%">{t.notes}</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {runs.data.map((run) => (
                <RunRow key={run.id} run={run} isShown={run.id === shownId} onSelect={() => onSelect(run.id)} />
              ))}
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
      ) : null}
    </Card>
  );
}
