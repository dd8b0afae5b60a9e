// What a look at an endpoint's server found, or why nothing was found.

import { Group, Stack, Text } from "@mantine/core";
import { IconAlertTriangle, IconCircleCheck } from "@tabler/icons-react";
import type { UseQueryResult } from "@tanstack/react-query";
import type { ApiProblem } from "../../../api/problem";
import type { EndpointCheck } from "../../../api/types";
import { ProblemNotice } from "../../../components/ProblemNotice";
import { count } from "../../../components/quantity";
import { StateBadge } from "../../../components/StateBadge";
import { words } from "../words";

const t = words.endpoints;

export function CheckResult({ check }: { check: UseQueryResult<EndpointCheck, ApiProblem> }) {
  if (check.isFetching) {
    return (
      <Text fz="sm" c="dimmed" role="status">
        {t.checking}
      </Text>
    );
  }
  if (check.error) return <ProblemNotice problem={check.error} />;
  if (!check.data) return null;
  const { models, listsTheModel, shutdownDate, key } = check.data;
  const offers = t.offers(models, count(models));
  return (
    <Group gap="xs" wrap="nowrap" align="flex-start" role="status" data-testid="check">
      <StateBadge
        icon={listsTheModel ? IconCircleCheck : IconAlertTriangle}
        color={listsTheModel ? "var(--attune-done)" : "var(--attune-warning)"}
        label={listsTheModel ? t.works : t.unlisted}
      />
      <Stack gap={2} miw={0}>
        <Text fz="sm">
          {listsTheModel ? t.has(offers) : t.hasNot(offers)} {t.asked[key ?? "none"]}
        </Text>
        {shutdownDate ? <Text fz="sm">{t.shutDown(shutdownDate)}</Text> : null}
      </Stack>
    </Group>
  );
}
