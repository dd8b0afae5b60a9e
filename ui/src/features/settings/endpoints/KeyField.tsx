// The key of an endpoint, on its way to the keychain. What is kept there is told to be there and nothing more.

import { Checkbox, PasswordInput, Stack, Text } from "@mantine/core";
import { useEndpointKey } from "../../../api/endpoints";
import type { Endpoint } from "../../../api/types";
import { Notice } from "../../../components/Notice";
import { words } from "../words";
import { originOf } from "./presets";

const t = words.endpoints.dialog;

export interface TypedKey {
  key: string;
  /** The one that is kept is to go. */
  isForgotten: boolean;
}

interface KeyFieldProps {
  /** Absent before it is kept: then no key can be. */
  endpoint: Endpoint | undefined;
  baseUrl: string;
  /** Others that have the same key. */
  sharing: Endpoint[];
  /** Whether this kind of server wants one. */
  help: string | undefined;
  value: TypedKey;
  onChange: (typed: TypedKey) => void;
  error: string | undefined;
}

export function KeyField({ endpoint, baseUrl, sharing, help, value, onChange, error }: KeyFieldProps) {
  // A key belongs to an origin: with another address there is none yet, or one that is not known here.
  const isSameOrigin = endpoint !== undefined && originOf(endpoint.baseUrl) === originOf(baseUrl);
  return (
    <Stack gap="xs">
      <PasswordInput
        label={t.key}
        description={[help, t.keyHelp].filter(Boolean).join(" ")}
        value={value.key}
        disabled={value.isForgotten}
        autoComplete="new-password"
        spellCheck={false}
        error={error}
        visibilityToggleButtonProps={{ "aria-label": t.showKey }}
        onChange={(event) => onChange({ ...value, key: event.currentTarget.value })}
        data-testid="endpoint-key-field"
      />
      {isSameOrigin ? <KeptKey endpoint={endpoint} sharing={sharing} value={value} onChange={onChange} /> : null}
      {endpoint && !isSameOrigin ? (
        <Text fz="sm" c="dimmed">
          {t.keyMoved}
        </Text>
      ) : null}
    </Stack>
  );
}

type KeptKeyProps = Pick<KeyFieldProps, "sharing" | "value" | "onChange"> & { endpoint: Endpoint };

function KeptKey({ endpoint, sharing, value, onChange }: KeptKeyProps) {
  const { data } = useEndpointKey(endpoint.id);
  if (!data) return null;
  if (data.problem && !endpoint.local) return <Notice text={data.problem} />;
  if (data.source !== "keychain") {
    return (
      <Text fz="sm" c="dimmed">
        {data.source === "environment" ? t.keyEnvironment : (data.problem ?? t.keyNone)}
      </Text>
    );
  }
  return (
    <>
      <Text fz="sm" c="dimmed">
        {t.keyKept(originOf(endpoint.baseUrl))}
      </Text>
      <Checkbox
        label={t.forget}
        description={sharing.length > 0 ? t.forgetShared(sharing.map(({ name }) => name).join(", ")) : undefined}
        checked={value.isForgotten}
        onChange={(event) => onChange({ key: "", isForgotten: event.currentTarget.checked })}
      />
    </>
  );
}
