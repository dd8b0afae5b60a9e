// Asks the model that a run trained, beside its base on request.

import { Button, Group, SimpleGrid, Stack, Switch, Text, Textarea } from "@mantine/core";
import { useForm } from "@mantine/form";
import { type FormEvent, useState } from "react";
import { useAnswer } from "../../../api/answers";
import { ApiProblem } from "../../../api/problem";
import type { Run } from "../../../api/types";
import { Card } from "../../../components/Card";
import { DecodingOptions } from "../../../components/decoding/DecodingOptions";
import { type Decoding, decodingOf, EMPTY, randomSeed } from "../../../components/decoding/decoding";
import { Empty } from "../../../components/Empty";
import { words } from "../words";
import { AnswerPane } from "./AnswerPane";

const t = words.ask;

interface AskCardProps {
  run: Run | undefined;
  /** Whether it begins with a comparison, and waits for the prompt. */
  comparing: boolean;
}

export function AskCard({ run, comparing }: AskCardProps) {
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
      <Question run={run} comparing={comparing} />
    </Card>
  );
}

function Question({ run, comparing }: { run: Run; comparing: boolean }) {
  const [prompt, setPrompt] = useState("");
  const [withBase, setWithBase] = useState(comparing);
  const decoding = useForm<Decoding>({ initialValues: EMPTY });
  const tuned = useAnswer();
  const base = useAnswer();
  const isAsking = tuned.isAsking || base.isAsking;
  const isReady = prompt.trim() !== "" && !isAsking;

  const ask = (event: FormEvent) => {
    event.preventDefault();
    if (!isReady) return;
    const asked = { prompt, ...decodingOf(decoding.getValues(), randomSeed) };
    const onError = (problem: unknown) => {
      const blamed = problem instanceof ApiProblem ? problem.field : null;
      if (blamed && blamed in EMPTY) decoding.setFieldError(blamed, (problem as ApiProblem).message);
    };
    decoding.clearErrors();
    tuned.ask({ ...asked, runId: run.id }, { onError });
    if (withBase) base.ask({ ...asked, adapter: null, baseModel: run.baseModel }, { onError });
    else base.reset();
  };
  const stop = () => {
    tuned.stop();
    base.stop();
  };
  // An answer belongs to the run that gave it: with another one chosen it would stand under the wrong name.
  const isAnswered = tuned.question?.runId === run.id;
  const isCompared = isAnswered && base.question !== undefined;

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
        autoFocus={comparing}
        value={prompt}
        onChange={(event) => setPrompt(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) ask(event);
        }}
      />
      <DecodingOptions form={decoding} />
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
          {isAsking ? (
            <Button variant="default" onClick={stop} data-testid="stop-answer">
              {t.stop}
            </Button>
          ) : null}
          <Button type="submit" disabled={!isReady} loading={isAsking} data-testid="ask">
            {t.ask}
          </Button>
        </Group>
      </Group>
      <SimpleGrid
        cols={isCompared ? 2 : 1}
        spacing="sm"
        component="section"
        aria-label={t.region}
        // Read out once it is whole: a text that grows by words would be begun again at each.
        aria-live="polite"
        aria-busy={isAsking}
      >
        {isAnswered ? <AnswerPane kind="tuned" asked={tuned} /> : null}
        {isCompared ? <AnswerPane kind="base" asked={base} /> : null}
      </SimpleGrid>
    </Stack>
  );
}
