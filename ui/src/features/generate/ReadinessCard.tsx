// How far what was accepted reaches for a tuning, and the button that begins one.

import {
  Anchor,
  Button,
  Group,
  Progress,
  SegmentedControl,
  Select,
  Skeleton,
  Stack,
  Switch,
  Text,
} from "@mantine/core";
import { useId, useState } from "react";
import { useBases } from "../../api/bases";
import { useApi } from "../../api/client";
import { useReadiness, useTune } from "../../api/examples";
import { ApiProblem } from "../../api/problem";
import { useChangeSettings } from "../../api/settings";
import type { Method, Readiness, Run } from "../../api/types";
import { useIdFor } from "../../api/useIdFor";
import { Card } from "../../components/Card";
import { ProblemNotice } from "../../components/ProblemNotice";
import { count, dateTime } from "../../components/quantity";
import classes from "./readiness.module.css";
import { words } from "./words";

const t = words.readiness;

interface ReadinessCardProps {
  subject: string;
  /** The address of a run on the page that shows it. */
  runHref: (runId: string) => string;
}

export function ReadinessCard({ subject, runHref }: ReadinessCardProps) {
  const { data: readiness, error, refetch } = useReadiness(subject);
  return (
    <Card title={t.title}>
      {error && !readiness ? <ProblemNotice problem={error} onRetry={() => void refetch()} /> : null}
      {!readiness && !error ? <Skeleton height={120} role="status" aria-label={words.loading} /> : null}
      {readiness ? (
        <Stack gap="md">
          <Level readiness={readiness} />
          <Tuning key={subject} readiness={readiness} runHref={runHref} />
          <ByItself />
        </Stack>
      ) : null}
    </Card>
  );
}

const MARKS = [10, 50, 100] as const;
const MOST = 100;

function Level({ readiness: { words: said, accepted, newExamples } }: { readiness: Readiness }) {
  return (
    <Stack gap="xs">
      <Text fw={500} role="status" data-testid="readiness">
        {said}
      </Text>
      <div>
        <Progress
          value={Math.min(1, newExamples / MOST) * 100}
          color="var(--attune-done)"
          size="md"
          aria-label={t.progress}
        />
        <div className={classes.marks} aria-hidden>
          {MARKS.map((mark) => (
            <span key={mark} className={classes.mark} style={placeOf(mark)}>
              {t.marks[mark]}
            </span>
          ))}
        </div>
      </div>
      <Text fz="xs" c="dimmed" data-numbers>
        {t.accepted(accepted, count(accepted))}
        {newExamples < accepted ? `, ${t.fresh(count(newExamples))}` : ""}
      </Text>
    </Stack>
  );
}

/** A name ends where its mark lies on the bar; the first, for which there is no room, begins there. */
function placeOf(mark: number) {
  const isFirst = mark === MARKS[0];
  return isFirst
    ? { insetInlineStart: `${mark}%`, borderInlineStartWidth: 1 }
    : { insetInlineEnd: `${MOST - mark}%`, borderInlineEndWidth: 1 };
}

function Tuning({ readiness, runHref }: { readiness: Readiness; runHref: ReadinessCardProps["runHref"] }) {
  const { data: settings } = useApi().doors.useQuery("get", "/api/v1/settings");
  const { data: bases = [] } = useBases();
  const [chosenMethod, setMethod] = useState<Method>();
  const [base, setBase] = useState("auto");
  const tune = useTune();
  const idFor = useIdFor<object>("run");
  const reasonId = useId();
  const method = chosenMethod ?? settings?.trainingMethod ?? "soft-prompt";
  const automatic = bases.find(({ chosenByAuto }) => chosenByAuto)?.name;
  const { lastTuning } = readiness;
  const reason = readiness.accepted < MARKS[0] ? t.tooFew : undefined;
  const begin = () => {
    const wanted = { subject: readiness.subject, method, baseModel: base };
    tune.mutate(
      { body: { ...wanted, id: idFor(wanted) } },
      {
        onSuccess: idFor.forget,
        onError: (problem) => {
          // Refused for good: the next attempt is a new one. Without an answer it might have started, so the id stays.
          if (problem instanceof ApiProblem && problem.code !== "unreachable") idFor.forget();
        },
      },
    );
  };
  return (
    <Stack gap="sm">
      <Group gap="sm" align="flex-end">
        <SegmentedControl
          aria-label={t.method}
          data={METHODS.map((name) => ({ value: name, label: t.methods[name] }))}
          value={method}
          onChange={(picked) => setMethod(picked as Method)}
        />
        <Select
          flex={1}
          miw={160}
          aria-label={t.base}
          data={[
            { value: "auto", label: t.automatic(automatic) },
            ...bases.map(({ name }) => ({ value: name, label: name })),
          ]}
          value={base}
          onChange={(picked) => picked && setBase(picked)}
          allowDeselect={false}
        />
      </Group>
      <Group gap="sm">
        <Button
          disabled={Boolean(reason)}
          loading={tune.isPending}
          onClick={begin}
          aria-describedby={reasonId}
          data-testid="tune"
        >
          {t.tune}
        </Button>
        <Text id={reasonId} fz="sm" c="dimmed" flex={1} miw={200} className={classes.will}>
          {reason ?? t.will(t.trained[method], base === "auto" ? (automatic ?? base) : base)}
        </Text>
      </Group>
      {tune.error instanceof ApiProblem ? <ProblemNotice problem={tune.error} /> : null}
      {tune.data ? <Begun run={tune.data} href={runHref(tune.data.id)} /> : null}
      {lastTuning && lastTuning.run !== tune.data?.id ? (
        <Text fz="sm" className={classes.will}>
          <Anchor href={runHref(lastTuning.run)} inherit data-testid="last-tuning">
            {t.last(dateTime(lastTuning.frozenAt))}
          </Anchor>
        </Text>
      ) : null}
    </Stack>
  );
}

/** Whether a tuning begins without this card's button. */
function ByItself() {
  const { data: settings } = useApi().doors.useQuery("get", "/api/v1/settings");
  const change = useChangeSettings();
  if (!settings) return null;
  // What was asked for is shown until the answer is there.
  const isOn = change.isPending
    ? Boolean(change.variables.body.automaticTuningEnabled)
    : settings.automaticTuningEnabled;
  return (
    <Stack gap="xs">
      <Switch
        label={t.byItself}
        description={t.byItselfHelp}
        checked={isOn}
        onChange={(event) => change.mutate({ body: { automaticTuningEnabled: event.currentTarget.checked } })}
        data-testid="automatic-tuning"
      />
      {change.error instanceof ApiProblem ? <ProblemNotice problem={change.error} /> : null}
    </Stack>
  );
}

const METHODS: Method[] = ["soft-prompt", "lora"];

function Begun({ run, href }: { run: Run; href: string }) {
  return (
    <Text fz="sm" role="status" className={classes.will}>
      {t.started}{" "}
      <Anchor href={href} inherit data-testid="tuning-run">
        {t.open(run.runIdentifier)}
      </Anchor>
    </Text>
  );
}
