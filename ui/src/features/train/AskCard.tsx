// Asks the model that a run trained, beside its base on request.

import { Button, Group, SimpleGrid, Stack, Switch, Text, Textarea } from "@mantine/core";
import { type FormEvent, useState } from "react";
import { useApi } from "../../api/client";
import type { Run } from "../../api/types";
import { Card } from "../../components/Card";
import { Empty } from "../../components/Empty";
import { AnswerPane } from "./AnswerPane";
import { words } from "./words";

const t = words.ask;

export function AskCard({ run }: { run: Run | undefined }) {
  if (!run) {
    return (
      <Card title={t.titleAlone}>
        <Empty title={t.emptyTitle} firstStep={t.emptyStep} />
      </Card>
    );
  }
  if (run.status !== "completed") {
    return (
      <Card title={t.titleAlone}>
        <Empty title={t.notCompleted} firstStep={t.notCompletedStep} />
      </Card>
    );
  }
  return (
    <Card title={t.title(run.runIdentifier)}>
      <Question run={run} />
    </Card>
  );
}

function Question({ run }: { run: Run }) {
  const [prompt, setPrompt] = useState("");
  const [withBase, setWithBase] = useState(false);
  const tuned = useGenerate();
  const base = useGenerate();
  const isAsking = tuned.isPending || base.isPending;
  const isReady = prompt.trim() !== "" && !isAsking;

  const ask = (event: FormEvent) => {
    event.preventDefault();
    if (!isReady) return;
    tuned.mutate({ body: { prompt, runId: run.id } });
    if (withBase) base.mutate({ body: { prompt, adapter: null, baseModel: run.baseModel } });
    else base.reset();
  };
  // An answer belongs to the run that gave it: with another one chosen it would stand under the wrong name.
  const isAnswered = !tuned.isIdle && tuned.variables?.body.runId === run.id;

  return (
    <Stack component="form" gap="sm" onSubmit={ask}>
      <Textarea
        label={t.prompt}
        placeholder={t.placeholder}
        autosize
        minRows={2}
        maxRows={8}
        styles={{ input: { fontFamily: "var(--mantine-font-family-monospace)" } }}
        data-testid="prompt"
        value={prompt}
        onChange={(event) => setPrompt(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) ask(event);
        }}
      />
      <Group justify="space-between" gap="sm">
        <Switch
          label={t.compare}
          checked={withBase}
          onChange={(event) => setWithBase(event.currentTarget.checked)}
          data-testid="compare"
        />
        <Group gap="sm">
          <Text fz="xs" c="dimmed">
            {t.keys}
          </Text>
          <Button type="submit" disabled={!isReady} loading={isAsking} data-testid="ask">
            {t.ask}
          </Button>
        </Group>
      </Group>
      <SimpleGrid
        cols={isAnswered && !base.isIdle ? 2 : 1}
        spacing="sm"
        component="section"
        aria-label={t.region}
        aria-live="polite"
      >
        {isAnswered ? <AnswerPane kind="tuned" asked={tuned} /> : null}
        {isAnswered && !base.isIdle ? <AnswerPane kind="base" asked={base} /> : null}
      </SimpleGrid>
    </Stack>
  );
}

function useGenerate() {
  return useApi().doors.useMutation("post", "/api/v1/generate");
}
