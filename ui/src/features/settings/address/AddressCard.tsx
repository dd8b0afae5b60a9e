// Whether browsers and scripts reach this window, and where; the switch is the window's, a server always listens.

import { Anchor, Button, CopyButton, Group, NumberInput, Stack, Switch, Text } from "@mantine/core";
import { IconCheck, IconCopy } from "@tabler/icons-react";
import { type FormEvent, useState } from "react";
import { useListener, useRefreshListener, useSwitchListener } from "../../../api/listener";
import { ApiProblem } from "../../../api/problem";
import { useResetSetting } from "../../../api/settings";
import type { Listener, SettingSource } from "../../../api/types";
import { Card } from "../../../components/Card";
import { Notice } from "../../../components/Notice";
import { ProblemNotice } from "../../../components/ProblemNotice";
import { Reset } from "../values/Reset";
import { SourceMark } from "../values/SourceMark";
import classes from "../values/values.module.css";
import { words } from "../words";

const t = words.address;

interface AddressCardProps {
  settings: SettingSource[];
  /** Whether this page itself came over the listener. */
  isServed: boolean;
}

export function AddressCard({ settings, isServed }: AddressCardProps) {
  const listener = useListener();
  return (
    <Card title={t.title}>
      <Text fz="sm" c="dimmed" mb="xs">
        {t.meaning}
      </Text>
      {listener.error ? (
        <ProblemNotice problem={listener.error} onRetry={() => void listener.refetch()} />
      ) : listener.data ? (
        <>
          <Address address={listener.data.address} />
          {listener.data.owner === "window" ? (
            <WindowSwitch listener={listener.data} settings={settings} isServed={isServed} />
          ) : (
            <Text fz="sm">{t[listener.data.owner]}</Text>
          )}
        </>
      ) : null}
    </Card>
  );
}

function Address({ address }: { address: string | null }) {
  if (!address) return <Text fz="sm">{t.nowhere}</Text>;
  return (
    <Group gap="xs" mb="xs">
      <Text fz="sm">{t.at}</Text>
      <Anchor
        href={address}
        target="_blank"
        rel="noreferrer"
        underline="always"
        fz="sm"
        ff="monospace"
        data-testid="address"
      >
        {address}
      </Anchor>
      <CopyButton value={address}>
        {({ copied, copy }) => (
          <Button
            variant="default"
            size="compact-xs"
            leftSection={copied ? <IconCheck size={14} aria-hidden /> : <IconCopy size={14} aria-hidden />}
            aria-label={t.copyOf(address)}
            onClick={copy}
          >
            {copied ? t.copied : t.copy}
          </Button>
        )}
      </CopyButton>
    </Group>
  );
}

function WindowSwitch({ listener, settings, isServed }: AddressCardProps & { listener: Listener }) {
  const { mutate, error, isPending } = useSwitchListener();
  const refresh = useRefreshListener();
  const reset = useResetSetting();
  const [port, setPort] = useState<number | string>();
  const problem = error ?? reset.error;
  const ofPort = problem instanceof ApiProblem && problem.field === "listenerPort" ? problem : undefined;
  const isMoved = port !== undefined && Number(port) !== listener.port;
  const change = (body: { enabled?: boolean; port?: number }) =>
    mutate({ body }, { onSuccess: () => setPort(undefined) });
  const typedPort = isMoved && port !== "" ? { port: Number(port) } : {};
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (isMoved) change(typedPort);
  };
  const origin = (name: string) => {
    const setting = settings.find((found) => found.name === name);
    if (!setting) return null;
    return (
      <div className={classes.origin}>
        <SourceMark source={setting.source} />
        <Reset
          setting={setting}
          label={name === "listenerPort" ? t.port : t.label}
          disabled={reset.isPending}
          onReset={() => reset.mutate({ params: { path: { name } } }, { onSuccess: () => void refresh() })}
        />
      </div>
    );
  };
  return (
    <Stack gap={0}>
      <div className={classes.row}>
        <Switch
          label={t.label}
          description={t.help}
          checked={listener.enabled}
          disabled={isPending}
          data-testid="listener-switch"
          onChange={(event) => change({ enabled: event.currentTarget.checked, ...typedPort })}
        />
        {origin("listenerEnabled")}
      </div>
      <form className={classes.row} onSubmit={submit} noValidate>
        <Group align="end" gap="xs">
          <NumberInput
            label={t.port}
            description={t.portHelp}
            value={port ?? listener.port}
            onChange={setPort}
            allowDecimal={false}
            allowNegative={false}
            error={ofPort ? [ofPort.message, ofPort.hint].filter(Boolean).join(". ") : undefined}
            styles={{ wrapper: { maxWidth: "14rem" } }}
            data-testid="listener-port"
          />
          {isMoved ? (
            <Button type="submit" variant="default" loading={isPending} disabled={port === ""}>
              {t.move}
            </Button>
          ) : null}
        </Group>
        {origin("listenerPort")}
      </form>
      {problem && !ofPort ? <ProblemNotice problem={problem} /> : null}
      {listener.refused && !problem ? <ProblemNotice problem={listener.refused} /> : null}
      {isServed ? <Notice text={t.throughItself} /> : null}
    </Stack>
  );
}
