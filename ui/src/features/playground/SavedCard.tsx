// A card of what a person said, as it is kept: loading, empty or there, the last of it to be taken back.

import { Skeleton, Stack } from "@mantine/core";
import type { ReactNode } from "react";
import { ApiProblem } from "../../api/problem";
import { Card } from "../../components/Card";
import { Empty } from "../../components/Empty";
import { ProblemNotice } from "../../components/ProblemNotice";
import { UndoButton } from "./UndoButton";
import { words } from "./words";

interface SavedCardProps {
  title: string;
  /** How many there are; undefined until it is known. */
  count: number | undefined;
  problem: ApiProblem | null;
  onRetry: () => void;
  empty: { title: string; firstStep: string };
  /** The last that was said, if anything was. */
  last: { id: string } | undefined;
  undoLabel: string;
  undoTestId?: string;
  takeBack: TakeBack;
  /** What is shown once something is there. */
  children: ReactNode;
}

/** What both mutations that take something back have. */
interface TakeBack {
  mutate: (request: { params: { path: { id: string } } }) => void;
  isPending: boolean;
  error: unknown;
}

export function SavedCard(props: SavedCardProps) {
  const { title, count, problem, onRetry, empty, last, undoLabel, undoTestId, takeBack, children } = props;
  return (
    <Card
      title={title}
      aside={
        last ? (
          <UndoButton
            label={undoLabel}
            isBusy={takeBack.isPending}
            onUndo={() => takeBack.mutate({ params: { path: { id: last.id } } })}
            testId={undoTestId}
          />
        ) : null
      }
    >
      <Stack gap="sm">
        {problem ? <ProblemNotice problem={problem} onRetry={onRetry} /> : null}
        {takeBack.error instanceof ApiProblem ? <ProblemNotice problem={takeBack.error} /> : null}
        {count === undefined && !problem ? <Skeleton height={84} aria-label={words.loading} /> : null}
        {count === 0 ? <Empty {...empty} /> : null}
        {count ? children : null}
      </Stack>
    </Card>
  );
}
