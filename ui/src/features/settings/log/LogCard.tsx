// The log of a day: narrowed by level, text and request, followed while it grows, the newest first.

import { Button, Group, Select, Skeleton, Switch, Text, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useState } from "react";
import { type LogFilter, useLog, useLogDays } from "../../../api/account";
import type { LogDay, LogLevel } from "../../../api/types";
import { Card } from "../../../components/Card";
import { Empty } from "../../../components/Empty";
import { ProblemNotice } from "../../../components/ProblemNotice";
import { size } from "../../../components/quantity";
import { words } from "../words";
import { Entries } from "./Entries";
import classes from "./LogCard.module.css";

const t = words.log;

const LEVELS: Exclude<LogLevel, "debug">[] = ["info", "warning", "error"];

export function LogCard() {
  const days = useLogDays();
  return (
    <Card title={t.title}>
      <Text fz="sm" c="dimmed" mb="sm">
        {t.meaning}
      </Text>
      {days.error ? <ProblemNotice problem={days.error} onRetry={() => void days.refetch()} /> : null}
      {days.isPending ? <Skeleton height={240} role="status" aria-label={words.loading} /> : null}
      {days.data?.length === 0 ? <Empty title={t.noDays} firstStep={t.noDaysMeaning} /> : null}
      {days.data?.[0] ? <Log days={days.data} newest={days.data[0].day} /> : null}
    </Card>
  );
}

function Log({ days, newest }: { days: LogDay[]; newest: string }) {
  const [day, setDay] = useState(newest);
  const [level, setLevel] = useState<LogLevel>("info");
  const [text, setText] = useState("");
  const [requestId, setRequestId] = useState("");
  const [isFollowed, follow] = useState(false);
  // Not each letter on its way is a search.
  const [typed] = useDebouncedValue({ text: text.trim(), requestId: requestId.trim() }, 250);
  const filter: LogFilter = { level, ...typed };
  return (
    <>
      <div className={classes.filters}>
        <Select
          label={t.day}
          data={days.map(({ day, bytes }) => ({ value: day, label: t.dayOf(day, size(bytes)) }))}
          value={day}
          allowDeselect={false}
          onChange={(picked) => picked && setDay(picked)}
        />
        <Select
          label={t.level}
          data={LEVELS.map((value) => ({ value, label: t.levels[value] }))}
          value={level}
          allowDeselect={false}
          onChange={(picked) => picked && setLevel(picked as LogLevel)}
        />
        <TextInput
          label={t.text}
          title={t.textHelp}
          value={text}
          spellCheck={false}
          autoComplete="off"
          onChange={(event) => setText(event.currentTarget.value)}
        />
        <TextInput
          label={t.requestId}
          title={t.requestIdHelp}
          value={requestId}
          spellCheck={false}
          autoComplete="off"
          onChange={(event) => setRequestId(event.currentTarget.value)}
        />
      </div>
      <Found
        key={JSON.stringify([day, filter])}
        day={day}
        filter={filter}
        isFollowed={isFollowed}
        onFollow={follow}
        onRequest={setRequestId}
      />
    </>
  );
}

interface FoundProps {
  day: string;
  filter: LogFilter;
  isFollowed: boolean;
  onFollow: (isFollowed: boolean) => void;
  onRequest: (id: string) => void;
}

function Found({ day, filter, isFollowed, onFollow, onRequest }: FoundProps) {
  const log = useLog(day, filter, isFollowed);
  const { data, error, hasNextPage, isFetchingNextPage } = log;
  const entries = data?.pages.flatMap((page) => page.entries) ?? [];
  const isPaused = isFollowed && (data?.pages.length ?? 0) > 1;
  const further = isFetchingNextPage ? t.searching : entries.length === 0 ? t.searchOn : t.older;
  return (
    <>
      <Group gap="sm" my="sm">
        <Switch label={t.follow} checked={isFollowed} onChange={(event) => onFollow(event.currentTarget.checked)} />
        <Text fz="xs" c="dimmed" role="status">
          {isPaused ? t.paused : isFollowed ? t.followed : ""}
        </Text>
      </Group>
      {error ? <ProblemNotice problem={error} onRetry={() => void log.refetch()} /> : null}
      {log.isPending ? <Skeleton height={240} role="status" aria-label={words.loading} /> : null}
      {entries.length > 0 ? <Entries entries={entries} onRequest={onRequest} /> : null}
      {data && entries.length === 0 && !hasNextPage ? <Empty title={t.nothing} firstStep={t.nothingMeaning} /> : null}
      {hasNextPage ? (
        <Button variant="default" mt="sm" loading={isFetchingNextPage} onClick={() => void log.fetchNextPage()}>
          {further}
        </Button>
      ) : null}
      {entries.length > 0 && !hasNextPage ? (
        <Text fz="xs" c="dimmed" mt="sm">
          {t.start}
        </Text>
      ) : null}
    </>
  );
}
