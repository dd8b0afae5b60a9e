// Two or more runs beside each other: their curves on one chart, and what they were told differently.

import { Box, Modal, ScrollArea, SegmentedControl, Skeleton, Stack, Table, Text, Title } from "@mantine/core";
import { lazy, Suspense, useState } from "react";
import { useCurvesOf } from "../../../api/runs";
import type { Run } from "../../../api/types";
import { Unknown } from "../../../components/Facts";
import { Notice } from "../../../components/Notice";
import { ProblemNotice } from "../../../components/ProblemNotice";
import { duration, measure } from "../../../components/quantity";
import { words } from "../words";
import classes from "./CompareDialog.module.css";
import type { Axis } from "./curves";
import { differencesOf } from "./differences";
import { colorOf, dashOf } from "./lines";
import type { Shown } from "./OverlayChart";

const t = words.compare;

/** With the code of charts, which the page begins without. */
const OverlayChart = lazy(() => import("./OverlayChart"));

interface CompareDialogProps {
  runs: Run[];
  opened: boolean;
  onClose: () => void;
}

export function CompareDialog({ runs, opened, onClose }: CompareDialogProps) {
  return (
    <Modal opened={opened} onClose={onClose} title={t.title} size={1040}>
      <Stack gap="lg" data-testid="compare-dialog">
        <Overlay runs={runs} />
        <Differences runs={runs} />
      </Stack>
    </Modal>
  );
}

function Overlay({ runs }: { runs: Run[] }) {
  const [axis, setAxis] = useState<Axis>("step");
  const [shown, show] = useState<Shown>("both");
  const asked = useCurvesOf(runs.map(({ id }) => id));
  const problem = asked.find(({ error }) => error)?.error;
  const known = runs.flatMap((run, index) => {
    const curves = asked[index]?.data;
    return curves ? [{ run, curves }] : [];
  });
  if (problem) {
    const retry = () => {
      for (const query of asked) if (query.error) void query.refetch();
    };
    return <ProblemNotice problem={{ message: words.chart.failed, hint: problem.message }} onRetry={retry} />;
  }
  if (known.length < runs.length) return <Skeleton height={400} role="status" aria-label={words.loading} />;
  const isJudged = known.some(({ curves }) => curves.validation.length > 0);
  return (
    <Stack gap="xs">
      <Box className={classes.choices}>
        <SegmentedControl
          size="xs"
          aria-label={t.curves}
          value={shown}
          onChange={(value) => show(value as Shown)}
          data={optionsOf(t.shown)}
        />
        <SegmentedControl
          size="xs"
          aria-label={t.axes}
          value={axis}
          onChange={(value) => setAxis(value as Axis)}
          data={optionsOf(t.axis)}
        />
      </Box>
      {isJudged ? null : <Notice text={t.noValidation} />}
      <Suspense fallback={<Skeleton height={400} />}>
        <OverlayChart runs={known} axis={axis} shown={shown} />
      </Suspense>
    </Stack>
  );
}

function Differences({ runs }: { runs: Run[] }) {
  const differences = differencesOf(runs);
  return (
    <section aria-labelledby="differences">
      <Title order={3} fz="sm" mb="xs" id="differences">
        {t.settings}
      </Title>
      <ScrollArea viewportProps={{ tabIndex: 0 }} type="auto">
        <Table verticalSpacing={6} horizontalSpacing="sm" aria-labelledby="differences" data-testid="differences">
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{t.setting}</Table.Th>
              {runs.map((run, index) => (
                <Table.Th key={run.id} className={classes.run}>
                  <svg width={20} height={4} aria-hidden className={classes.sample}>
                    <line
                      x2={20}
                      y1={2}
                      y2={2}
                      stroke={colorOf(index)}
                      strokeWidth={3}
                      strokeDasharray={dashOf(index)}
                    />
                  </svg>
                  {run.runIdentifier}
                </Table.Th>
              ))}
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {resultsOf(runs).map(({ name, values }) => (
              <Line key={name} name={t.results[name]} values={values} runs={runs} />
            ))}
            {differences.map(({ name, values }) => (
              <Line key={name} name={words.settings[name]} values={values} runs={runs} />
            ))}
          </Table.Tbody>
        </Table>
      </ScrollArea>
      {differences.length === 0 ? (
        <Text fz="sm" c="dimmed" mt="xs">
          {t.same}
        </Text>
      ) : null}
    </section>
  );
}

function Line({ name, values, runs }: { name: string; values: (string | undefined)[]; runs: Run[] }) {
  return (
    <Table.Tr>
      <Table.Th scope="row" fw={400} c="dimmed">
        {name}
      </Table.Th>
      {runs.map((run, index) => (
        <Table.Td key={run.id} className={classes.value} data-numbers>
          {values[index] ?? <Unknown why={t.notApplicable} />}
        </Table.Td>
      ))}
    </Table.Tr>
  );
}

function resultsOf(runs: Run[]): { name: keyof typeof t.results; values: (string | undefined)[] }[] {
  const written = (value: number | null, write: (value: number) => string) =>
    value == null ? undefined : write(value);
  return [
    { name: "finalLoss", values: runs.map((run) => written(run.finalLoss, measure)) },
    { name: "validationLoss", values: runs.map((run) => written(run.validationLoss, measure)) },
    { name: "duration", values: runs.map((run) => written(run.durationSeconds, duration)) },
  ];
}

function optionsOf(names: Record<string, string>) {
  return Object.entries(names).map(([value, label]) => ({ value, label }));
}
