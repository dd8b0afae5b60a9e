// The curves of one run, one at a time: loss first, since it says whether the run learns.

import { Box, SegmentedControl, Skeleton, Stack, Text } from "@mantine/core";
import { lazy, Suspense, useState } from "react";
import { isUnfinished, useMetrics } from "../../../api/runs";
import type { Point, Run, ValidationPoint } from "../../../api/types";
import { ProblemNotice } from "../../../components/ProblemNotice";
import { measure, setting } from "../../../components/quantity";
import { words } from "../words";
import type { CurveLook } from "./Curve";

const t = words.chart;

/** Drawing charts is a third of the page's code, and nobody has one to look at before the first run. */
const Curve = lazy(() => import("./Curve"));

type Shown = "loss" | "learningRate" | "gradientNorm";

export function RunCurves({ run }: { run: Run }) {
  const [shown, show] = useState<Shown>("loss");
  return (
    <Stack gap="xs">
      <SegmentedControl
        size="xs"
        w="fit-content"
        aria-label={t.choose}
        value={shown}
        onChange={(value) => show(value as Shown)}
        data={Object.entries(LOOKS).map(([value, { name }]) => ({ value, label: name }))}
      />
      <Box mih={HEIGHT}>
        <Plot run={run} shown={shown} />
      </Box>
    </Stack>
  );
}

/** The loss alone, for who does not know the other curves yet. */
export function LossCurve({ run }: { run: Run }) {
  return (
    <Box mih={HEIGHT}>
      <Plot run={run} shown="loss" />
    </Box>
  );
}

function Plot({ run, shown }: { run: Run; shown: Shown }) {
  const { data, error, refetch } = useMetrics(run.id);
  if (data?.points.length)
    return (
      <Suspense fallback={<Skeleton height={HEIGHT} />}>
        <Curve
          points={data.points}
          validation={shown === "loss" ? data.validation : NONE}
          look={LOOKS[shown]}
          lastStep={lastStepOf(run, data.points)}
          height={HEIGHT}
        />
      </Suspense>
    );
  if (error)
    return <ProblemNotice problem={{ message: t.failed, hint: error.message }} onRetry={() => void refetch()} />;
  if (!data) return <Skeleton height={HEIGHT} />;
  return (
    <Text fz="sm" c="dimmed" py="xl" ta="center">
      {isUnfinished(run) ? t.waiting : t.none}
    </Text>
  );
}

function lastStepOf(run: Run, points: Point[]): number {
  const measured = points.at(-1)?.step ?? 0;
  return isUnfinished(run) ? Math.max(run.totalSteps, measured) : measured;
}

const HEIGHT = 224;
const NONE: ValidationPoint[] = [];

const LOOKS: Record<Shown, CurveLook> = {
  loss: { name: t.loss, read: (point: Point) => point.loss, write: measure, isNoisy: true },
  learningRate: { name: t.learningRate, read: (point: Point) => point.learningRate, write: setting, isNoisy: false },
  gradientNorm: { name: t.gradientNorm, read: (point: Point) => point.gradientNorm, write: measure, isNoisy: true },
};
