// Folders and variables as Attune found them. A secret is told without its value: the API does not have it.

import { Text } from "@mantine/core";
import type { Surrounding } from "../../../api/types";
import { Card } from "../../../components/Card";
import { Notice } from "../../../components/Notice";
import { words } from "../words";
import { SourceMark } from "./SourceMark";
import classes from "./values.module.css";

const t = words.values;

export function Surroundings({ surroundings }: { surroundings: Surrounding[] }) {
  return (
    <Card title={t.surroundings}>
      <Text fz="sm" c="dimmed" mb="xs">
        {t.surroundingsMeaning}
      </Text>
      <dl className={classes.facts}>
        {surroundings.map((found) => (
          <div key={found.name} className={classes.fact} data-testid={`surrounding-${found.name}`}>
            <Text component="dt" fz="sm" fw={500}>
              {t.names[found.name as keyof typeof t.names] ?? found.name}
            </Text>
            <dd>
              <Value found={found} />
              {found.problem ? <Notice text={found.problem} /> : null}
            </dd>
            <dd>
              <SourceMark source={found.source} />
            </dd>
          </div>
        ))}
      </dl>
    </Card>
  );
}

function Value({ found }: { found: Surrounding }) {
  if (found.isHidden) return <Text fz="sm">{t.hidden}</Text>;
  if (found.value === null) {
    return (
      <Text fz="sm" c="dimmed">
        {t.notSet}. {t.variable(found.variable)}.
      </Text>
    );
  }
  return (
    <Text fz="sm" ff="monospace" className={classes.anywhere}>
      {found.value}
    </Text>
  );
}
