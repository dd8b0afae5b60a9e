// The page for generating: what is wanted at the left, what comes of it at the right, the review below.

import { Box, Stack, Title } from "@mantine/core";
import { useEffect, useMemo, useRef, useState } from "react";
import { runningBatch, useBatch, useBatches, usePreview, useStartBatch } from "../../api/batches";
import { ApiProblem } from "../../api/problem";
import type { BatchRequest } from "../../api/types";
import { useIdFor } from "../../api/useIdFor";
import type { PickFile, PickFolder } from "../../components/asking/ModelSelect";
import columns from "../../components/columns.module.css";
import { Notice } from "../../components/Notice";
import { ProblemNotice } from "../../components/ProblemNotice";
import { BatchCard, BatchCardEmpty, BatchCardSkeleton } from "./batch/BatchCard";
import { BatchList } from "./batch/BatchList";
import { GenerateForm } from "./form/GenerateForm";
import { useWish } from "./form/useWish";
import { PreviewCard } from "./PreviewCard";
import { goToBatch, useChosenBatch } from "./place";
import { ReadinessCard } from "./ReadinessCard";
import { EVERYTHING } from "./review/filter";
import { ReviewCard } from "./review/ReviewCard";
import { words } from "./words";

interface GeneratePageProps {
  /** The system's dialogs; absent in a browser. */
  pick: { file: PickFile | undefined; folder: PickFolder | undefined };
  /** Where an endpoint is set up. */
  endpointsHref: string;
  /** The address of a run on the page that shows it. */
  runHref: (runId: string) => string;
}

/** Whose examples are made here. */
const ME = "me";

export function GeneratePage({ pick, endpointsHref, runHref }: GeneratePageProps) {
  const [wantsMany, wantMany] = useState(false);
  useEffect(() => {
    // At hand before a batch has results: Attune may be gone by then, and a part that is missing takes the page away.
    Promise.all([import("./batch/QualityHistogram"), import("./batch/GenreBars")]).catch(() => undefined);
  }, []);
  const all = useBatches(wantsMany);
  const { batches } = all;
  const wanted = useWish(batches);
  const start = useStartBatch();
  const preview = usePreview();
  const idFor = useIdFor<BatchRequest>("batch");
  const [filter, setFilter] = useState(EVERYTHING);
  const [wantsFocus, wantFocus] = useState(0);
  const outcome = useRef<HTMLDivElement>(null);
  const review = useRef<HTMLDivElement>(null);

  const chosenId = useChosenBatch();
  const listed = batches?.find(({ id }) => id === chosenId);
  const other = useBatch(chosenId, batches !== undefined && listed === undefined);
  const isGone = chosenId !== undefined && listed === undefined && other.error !== null;
  const current = batches && (runningBatch(batches) ?? batches[0]);
  const shown = chosenId === undefined || isGone ? current : (listed ?? other.data);
  const subject = shown?.subject ?? ME;

  const { data: content } = wanted.content;
  const titles = useMemo(() => new Map(content?.genres.map(({ name, title }) => [name, title])), [content]);

  const isPreviewed =
    preview.data !== undefined && JSON.stringify(preview.variables?.body) === JSON.stringify(wanted.request);
  const begin = () => {
    if (!wanted.request) return;
    // What was looked at is what the batch begins with.
    const request = { ...wanted.request, ...(isPreviewed ? { seed: preview.data.seed } : {}) };
    start.mutate(
      { body: { ...request, id: idFor(request) } },
      {
        onSuccess: () => {
          idFor.forget();
          preview.reset();
          goToBatch();
          outcome.current?.scrollIntoView({ block: "nearest" });
          // The button that was pressed is switched off while a batch runs.
          outcome.current?.focus({ preventScroll: true });
        },
        onError: (problem) => {
          // Refused for good: the next attempt is a new one. Without an answer it might have started, so the id stays.
          if (problem instanceof ApiProblem && problem.code !== "unreachable") idFor.forget();
        },
      },
    );
  };
  const problem = [start.error, preview.error].find((error) => error instanceof ApiProblem) ?? null;

  return (
    <Box className={columns.page}>
      <Title order={1} mb="md">
        {words.title}
      </Title>
      <Box className={columns.columns}>
        <GenerateForm
          wanted={wanted}
          pick={pick}
          endpointsHref={endpointsHref}
          isPreviewed={isPreviewed}
          isStarting={start.isPending}
          isPreviewing={preview.isPending}
          onStart={begin}
          onPreview={() => {
            if (!wanted.request) return;
            start.reset();
            preview.mutate({ body: wanted.request });
          }}
          problem={problem}
        />
        <Stack gap="md" miw={0} ref={outcome} tabIndex={-1} className={columns.outcome}>
          {preview.isPending || preview.data ? (
            <PreviewCard
              examples={preview.isPending ? undefined : preview.data?.examples}
              isCurrent={isPreviewed}
              titles={titles}
              onClose={preview.reset}
            />
          ) : null}
          {isGone ? <Notice text={words.batch.unknown} /> : null}
          {all.problem && !batches ? <ProblemNotice problem={all.problem} onRetry={all.retry} /> : null}
          {!batches && !all.problem ? <BatchCardSkeleton /> : null}
          {batches && !shown && !other.isFetching ? <BatchCardEmpty /> : null}
          {shown ? (
            <BatchCard
              key={shown.id}
              batch={shown}
              titles={titles}
              onReview={() => {
                setFilter({ ...EVERYTHING, isOfBatch: true });
                goToBatch(shown.id);
                review.current?.scrollIntoView({ block: "start" });
                wantFocus((before) => before + 1);
              }}
            />
          ) : null}
          <ReadinessCard subject={subject} runHref={runHref} />
          <BatchList
            all={all}
            shownId={shown?.id}
            titles={titles}
            onSelect={(id) => {
              goToBatch(id);
              outcome.current?.scrollIntoView({ block: "nearest" });
            }}
            onMore={() => wantMany(true)}
          />
        </Stack>
      </Box>
      <div ref={review}>
        <ReviewCard
          subject={subject}
          batch={shown}
          filter={filter}
          onFilter={setFilter}
          titles={titles}
          wantsFocus={wantsFocus}
        />
      </div>
    </Box>
  );
}
