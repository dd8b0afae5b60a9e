// What the doctor finds, with what to do about it.

import { Badge, Button, Skeleton, Stack, Text } from "@mantine/core";
import { IconAlertTriangle, IconCircleCheck, IconCircleX, IconRefresh } from "@tabler/icons-react";
import { useFindings } from "../../../api/account";
import type { Finding } from "../../../api/types";
import { Card } from "../../../components/Card";
import { ProblemNotice } from "../../../components/ProblemNotice";
import { words } from "../words";
import classes from "./HealthCard.module.css";

const t = words.health;

const LOOKS = {
  good: { color: "var(--attune-done)", Icon: IconCircleCheck },
  warning: { color: "var(--attune-warning)", Icon: IconAlertTriangle },
  failure: { color: "var(--attune-failure)", Icon: IconCircleX },
};

export function HealthCard() {
  const findings = useFindings();
  const again = (
    <Button
      variant="default"
      size="xs"
      leftSection={<IconRefresh size={14} aria-hidden />}
      loading={findings.isFetching}
      onClick={() => void findings.refetch()}
    >
      {t.again}
    </Button>
  );
  return (
    <Card title={t.title} aside={again}>
      <Text fz="sm" c="dimmed" mb="xs">
        {t.meaning}
      </Text>
      {findings.error ? <ProblemNotice problem={findings.error} onRetry={() => void findings.refetch()} /> : null}
      {findings.isPending ? <Skeleton height={280} role="status" aria-label={t.running} /> : null}
      {findings.data ? (
        <>
          <Text fz="sm" role="status" mb="xs" data-numbers>
            {findings.isFetching
              ? t.running
              : t.summary(findings.data.filter(({ verdict }) => verdict === "good").length, findings.data.length)}
          </Text>
          <ul className={classes.findings}>
            {findings.data.map((finding) => (
              <Entry key={finding.check} finding={finding} />
            ))}
          </ul>
        </>
      ) : null}
    </Card>
  );
}

function Entry({ finding: { check, verdict, found, advice } }: { finding: Finding }) {
  const { color, Icon } = LOOKS[verdict];
  return (
    <li className={classes.finding} data-testid="finding">
      <Badge
        variant="outline"
        color={color}
        tt="none"
        fw={500}
        radius="sm"
        className={classes.verdict}
        leftSection={<Icon size={12} aria-hidden />}
      >
        {t.verdicts[verdict]}
      </Badge>
      <Text fz="sm" fw={500} className={classes.check}>
        {check}
      </Text>
      <Stack gap={2} className={classes.found}>
        <Text fz="sm">{found}</Text>
        {advice ? (
          <Text fz="sm" c="dimmed">
            {advice}
          </Text>
        ) : null}
      </Stack>
    </li>
  );
}
