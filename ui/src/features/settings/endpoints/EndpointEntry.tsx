// One endpoint: what it is, whether it has a key, and what its server says.

import { Button, Group, Text, Title, Tooltip } from "@mantine/core";
import { modals } from "@mantine/modals";
import { IconDeviceDesktop, IconWorld } from "@tabler/icons-react";
import { type ReactNode, useState } from "react";
import { useEndpointCheck, useEndpointKey, useRunCheck, useTryEndpoint } from "../../../api/endpoints";
import { ApiProblem } from "../../../api/problem";
import type { Endpoint, EndpointTrial } from "../../../api/types";
import { Notice } from "../../../components/Notice";
import { ProblemNotice } from "../../../components/ProblemNotice";
import { count, duration } from "../../../components/quantity";
import { StateBadge } from "../../../components/StateBadge";
import { words } from "../words";
import { CheckResult } from "./CheckResult";
import { DeleteButton } from "./DeleteButton";
import classes from "./endpoints.module.css";
import { originOf } from "./presets";

const t = words.endpoints;

interface EndpointEntryProps {
  endpoint: Endpoint;
  all: Endpoint[];
  onEdit: () => void;
  onDeleted: () => void;
}

export function EndpointEntry({ endpoint, all, onEdit, onDeleted }: EndpointEntryProps) {
  const { id, name, local } = endpoint;
  const key = useEndpointKey(id);
  const check = useEndpointCheck(id);
  const runCheck = useRunCheck();
  const trial = useTryEndpoint();
  const isWhat = `${endpoint.baseUrl} ${endpoint.model}`;
  const [tried, setTried] = useState(isWhat);
  return (
    <li className={classes.entry} data-testid="endpoint">
      <div className={classes.head}>
        <Group gap="xs" miw={0} mih={30}>
          <Title order={3} className={classes.name}>
            {name}
          </Title>
          <Tooltip label={local ? t.hereMeaning : t.elsewhereMeaning}>
            <StateBadge
              icon={local ? IconDeviceDesktop : IconWorld}
              color={local ? "var(--attune-base)" : "var(--attune-warning)"}
              label={local ? t.here : t.elsewhere}
            />
          </Tooltip>
        </Group>
        <Group gap="xs">
          <Tooltip label={t.checkMeaning}>
            <Button
              variant="default"
              size="xs"
              aria-label={t.checkOf(name)}
              loading={check.isFetching}
              onClick={() => runCheck(id)}
            >
              {t.check}
            </Button>
          </Tooltip>
          <TrialButton
            endpoint={endpoint}
            isWriting={trial.isPending}
            onTry={() => {
              setTried(isWhat);
              trial.mutate({ params: { path: { id } } });
            }}
          />
          <Button variant="default" size="xs" aria-label={t.editOf(name)} onClick={onEdit}>
            {t.edit}
          </Button>
          <DeleteButton endpoint={endpoint} all={all} keySource={key.data?.source} onDeleted={onDeleted} />
        </Group>
      </div>
      <dl className={classes.facts}>
        <Fact name={t.address}>
          <Text fz="sm" ff="monospace">
            {endpoint.baseUrl}
          </Text>
        </Fact>
        <Fact name={t.model}>
          <Text fz="sm" ff="monospace">
            {endpoint.model}
          </Text>
        </Fact>
        <Fact name={t.key}>
          <Text fz="sm" data-testid="endpoint-key">
            {key.data ? t.keys[key.data.source ?? "none"] : key.error ? t.keyUnknown : t.looking}
          </Text>
        </Fact>
      </dl>
      {key.error ? <ProblemNotice problem={key.error} onRetry={() => void key.refetch()} /> : null}
      {/* A server on this computer mostly needs no key. */}
      {key.data?.problem && !local ? <Notice text={key.data.problem} /> : null}
      <CheckResult check={check} />
      {/* What another model said says nothing of this one. */}
      {tried === isWhat ? <TrialResult trial={trial.data} isWriting={trial.isPending} problem={trial.error} /> : null}
    </li>
  );
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div>
      <Text component="dt" fz="xs" c="dimmed">
        {name}
      </Text>
      <dd>{children}</dd>
    </div>
  );
}

interface TrialButtonProps {
  endpoint: Endpoint;
  isWriting: boolean;
  onTry: () => void;
}

/** What may cost asks first. */
function TrialButton({ endpoint: { name, baseUrl, model, local }, isWriting, onTry }: TrialButtonProps) {
  const ask = () =>
    modals.openConfirmModal({
      title: t.trialAsk(name),
      children: <Text className={classes.anywhere}>{t.trialCost(model, originOf(baseUrl))}</Text>,
      labels: { confirm: t.trialConfirm, cancel: t.cancel },
      cancelProps: { "data-autofocus": true },
      onConfirm: onTry,
    });
  return (
    <Tooltip label={t.trialMeaning}>
      <Button
        variant="default"
        size="xs"
        aria-label={t.trialOf(name)}
        loading={isWriting}
        onClick={local ? onTry : ask}
      >
        {local ? t.trial : `${t.trial}…`}
      </Button>
    </Tooltip>
  );
}

interface TrialResultProps {
  trial: EndpointTrial | undefined;
  isWriting: boolean;
  problem: unknown;
}

function TrialResult({ trial, isWriting, problem }: TrialResultProps) {
  if (isWriting) {
    return (
      <Text fz="sm" c="dimmed" role="status">
        {t.trialWaiting}
      </Text>
    );
  }
  if (problem instanceof ApiProblem) return <ProblemNotice problem={problem} />;
  if (!trial) return null;
  const tokens = trial.tokens === null ? undefined : count(trial.tokens);
  return (
    <div role="status" data-testid="trial">
      <Text component="blockquote" fz="sm" className={classes.sentence}>
        {trial.text}
      </Text>
      <Text fz="xs" c="dimmed" mt={4} data-numbers>
        {t.trialFacts(duration(trial.seconds), tokens)}
      </Text>
    </div>
  );
}
