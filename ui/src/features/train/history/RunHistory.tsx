// All runs, newest first; and those chosen from them to be compared.

import { Skeleton } from "@mantine/core";
import { useState } from "react";
import type { useAllRuns } from "../../../api/runs";
import { Card } from "../../../components/Card";
import { Empty } from "../../../components/Empty";
import { ProblemNotice } from "../../../components/ProblemNotice";
import { CompareDialog } from "../compare/CompareDialog";
import { words } from "../words";
import { CompareBar } from "./CompareBar";
import { RunTable } from "./RunTable";
import { useChosen } from "./useChosen";

const t = words.history;

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
        <RunTable
          runs={runs}
          older={older}
          chosen={chosen}
          shownId={shownId}
          onSelect={onSelect}
          onResumed={onResumed}
        />
      ) : null}
      <CompareDialog runs={chosen.runs} opened={isComparing && chosen.runs.length > 1} onClose={() => compare(false)} />
    </Card>
  );
}
