// The servers whose models write and judge: set up, looked at, changed and taken away.

import { Button, Skeleton, Text } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import { useRef, useState } from "react";
import { useEndpoints, useRunCheck } from "../../../api/endpoints";
import type { Endpoint } from "../../../api/types";
import { Card } from "../../../components/Card";
import { Empty } from "../../../components/Empty";
import { ProblemNotice } from "../../../components/ProblemNotice";
import { words } from "../words";
import { EndpointDialog } from "./EndpointDialog";
import { EndpointEntry } from "./EndpointEntry";
import classes from "./endpoints.module.css";

const t = words.endpoints;

/** What is edited: one that there is, or a new one. */
type Edited = Endpoint | "new" | undefined;

export function EndpointsCard() {
  const endpoints = useEndpoints();
  const check = useRunCheck();
  const [edited, edit] = useState<Edited>();
  const adding = useRef<HTMLButtonElement>(null);
  const all = endpoints.data ?? [];
  const add = (
    <Button
      ref={adding}
      size="xs"
      flex="none"
      leftSection={<IconPlus size={14} aria-hidden />}
      disabled={!endpoints.data}
      onClick={() => edit("new")}
      data-testid="add-endpoint"
    >
      {t.add}
    </Button>
  );
  return (
    <Card title={t.title} aside={add}>
      <Text fz="sm" c="dimmed" maw="80ch">
        {t.meaning}
      </Text>
      {endpoints.error ? (
        <ProblemNotice problem={endpoints.error} onRetry={() => void endpoints.refetch()} />
      ) : endpoints.isPending ? (
        <Skeleton mt="sm" height={120} role="status" aria-label={words.loading} />
      ) : all.length === 0 ? (
        <Empty title={t.emptyTitle} firstStep={t.emptyStep} />
      ) : (
        <ul className={classes.list} aria-label={t.list}>
          {all.map((endpoint) => (
            <EndpointEntry
              key={endpoint.id}
              endpoint={endpoint}
              all={all}
              onEdit={() => edit(endpoint)}
              // What had the focus goes with it.
              onDeleted={() => adding.current?.focus()}
            />
          ))}
        </ul>
      )}
      {edited ? (
        <EndpointDialog
          before={edited === "new" ? undefined : edited}
          all={all}
          onClose={() => edit(undefined)}
          onSaved={({ id }) => {
            edit(undefined);
            check(id);
          }}
        />
      ) : null}
    </Card>
  );
}
