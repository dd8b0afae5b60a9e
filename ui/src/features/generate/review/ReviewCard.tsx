// Reviewing examples: filters above, the list at the left, one of them as a whole at the right, all by keyboard.

import { Box, Button, Group, Kbd, SegmentedControl, Skeleton, Stack, Text, VisuallyHidden } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { type KeyboardEvent, useCallback, useEffect, useRef, useState } from "react";
import { useConnection } from "../../../api/connection";
import { useExamples } from "../../../api/examples";
import { Card } from "../../../components/Card";
import { Empty } from "../../../components/Empty";
import { Notice } from "../../../components/Notice";
import { ProblemNotice } from "../../../components/ProblemNotice";
import { count } from "../../../components/quantity";
import { TWINS_FROM } from "../form/wish";
import { words } from "../words";
import { BulkAccept } from "./BulkAccept";
import { Clusters } from "./Clusters";
import { ExampleDetail } from "./ExampleDetail";
import { ExampleList, ROW } from "./ExampleList";
import { Filters } from "./Filters";
import { EVERYTHING, type Filter, isFiltered, questionOf } from "./filter";
import { actOf, isTypedIn } from "./keys";
import classes from "./review.module.css";
import { useReviewing } from "./useReviewing";

const t = words.review;

type View = "list" | "twins";

interface ReviewCardProps {
  subject: string;
  /** The batch that is shown, if any. */
  batch: { id: string; twinThreshold: number } | undefined;
  filter: Filter;
  onFilter: (filter: Filter) => void;
  titles: Map<string, string>;
  /** Another number wants the keyboard on the list, once it is there. */
  wantsFocus: number;
}

export function ReviewCard({ subject, batch, filter, onFilter, titles, wantsFocus }: ReviewCardProps) {
  const [view, setView] = useState<View>("list");
  const change = (changed: Partial<Filter>) => onFilter({ ...filter, ...changed });
  const [text] = useDebouncedValue(filter.text, 250);
  const question = questionOf({ ...filter, text }, subject, batch?.id);
  return (
    <Card
      title={t.title}
      aside={
        <SegmentedControl
          size="xs"
          aria-label={t.view}
          data={(["list", "twins"] as const).map((value) => ({ value, label: t.views[value] }))}
          value={view}
          onChange={(next) => setView(next as View)}
        />
      }
    >
      <Stack gap="md">
        {view === "list" ? (
          <>
            <Filters filter={filter} titles={titles} hasBatch={batch !== undefined} onChange={change} />
            <BulkAccept subject={subject} question={question} />
            <OneByOne
              question={question}
              isFiltered={isFiltered(filter)}
              onClear={() => onFilter(EVERYTHING)}
              titles={titles}
              wantsFocus={wantsFocus}
            />
          </>
        ) : (
          <Clusters batch={filter.isOfBatch ? batch?.id : undefined} standard={batch?.twinThreshold ?? TWINS_FROM} />
        )}
      </Stack>
    </Card>
  );
}

interface OneByOneProps {
  question: ReturnType<typeof questionOf>;
  isFiltered: boolean;
  onClear: () => void;
  titles: Map<string, string>;
  wantsFocus: number;
}

function OneByOne({ question, isFiltered: isNarrowed, onClear, titles, wantsFocus }: OneByOneProps) {
  const all = useExamples(question);
  const { examples, total = 0, problem, retry, mayHaveMore, isLoadingMore, loadMore } = all;
  const more = useCallback(() => {
    if (mayHaveMore && !isLoadingMore) void loadMore();
  }, [mayHaveMore, isLoadingMore, loadMore]);
  const reviewing = useReviewing(examples ?? [], more);
  const { index, selected, goTo, edited, edit, decide, save, undo, announced, act } = reviewing;
  const isOffline = useConnection() === "reconnecting";
  const list = useRef<HTMLDivElement>(null);

  const focused = useRef(wantsFocus);
  const isThere = examples !== undefined && examples.length > 0;
  useEffect(() => {
    if (!isThere || focused.current === wantsFocus) return;
    focused.current = wantsFocus;
    list.current?.focus({ preventScroll: true });
  }, [isThere, wantsFocus]);

  const backToList = () => list.current?.focus();
  const onKeyDown = (event: KeyboardEvent) => {
    const on = { isTyping: isTypedIn(event.target), isList: event.target === list.current };
    const wanted = actOf(event, on);
    if (!wanted) return;
    event.preventDefault();
    act(wanted, Math.max(1, Math.floor((list.current?.clientHeight ?? ROW) / ROW) - 1));
  };
  return (
    <>
      {problem ? <ProblemNotice problem={problem} onRetry={retry} /> : null}
      {isOffline ? <Notice text={t.offline} /> : null}
      {!examples && !problem ? <Skeleton height={320} role="status" aria-label={words.loading} /> : null}
      {examples?.length === 0 ? (
        isNarrowed ? (
          <Stack align="center" gap="xs" py="lg">
            <Text fw={500}>{t.noneFound}</Text>
            <Button variant="default" size="compact-sm" onClick={onClear}>
              {t.clearFilters}
            </Button>
          </Stack>
        ) : (
          <Empty title={t.emptyTitle} firstStep={t.emptyStep} />
        )
      ) : null}
      {examples && selected ? (
        <Box className={classes.review} onKeyDown={onKeyDown}>
          <ExampleList
            examples={examples}
            total={total}
            index={index}
            titles={titles}
            mayHaveMore={mayHaveMore}
            isLoadingMore={isLoadingMore}
            onMore={more}
            onSelect={goTo}
            list={list}
          />
          <ExampleDetail
            example={selected}
            position={t.position(count(index + 1), count(total))}
            titles={titles}
            edited={edited}
            onEdit={(output) => {
              edit(output);
              if (output === undefined) backToList();
            }}
            onSave={() => {
              save();
              backToList();
            }}
            onAccept={() => decide("accept")}
            onReject={() => decide("reject")}
            onUndo={undo}
          />
          <Legend />
          <VisuallyHidden role="status">
            <span key={announced.number}>{announced.text}</span>
          </VisuallyHidden>
        </Box>
      ) : null}
    </>
  );
}

function Legend() {
  return (
    <Group gap="md" className={classes.legend} fz="xs" c="dimmed" aria-label={t.keys} role="note">
      {t.legend.map(({ keys, does }) => (
        <Group key={does} gap={4}>
          {keys.map((key) => (
            <Kbd key={key} size="xs">
              {key}
            </Kbd>
          ))}
          <span>{does}</span>
        </Group>
      ))}
    </Group>
  );
}
