// Takes an endpoint away, after it was said what goes with it.

import { Button, Stack, Text } from "@mantine/core";
import { modals } from "@mantine/modals";
import { notifications } from "@mantine/notifications";
import { useDeleteEndpoint } from "../../../api/endpoints";
import type { Endpoint, EndpointKeyState } from "../../../api/types";
import { words } from "../words";
import classes from "./endpoints.module.css";
import { originOf } from "./presets";

const t = words.endpoints;

interface DeleteButtonProps {
  endpoint: Endpoint;
  all: Endpoint[];
  /** Undefined while it is not known. */
  keySource: EndpointKeyState["source"] | undefined;
  onDeleted: () => void;
}

export function DeleteButton({ endpoint, all, keySource, onDeleted }: DeleteButtonProps) {
  const { id, name, baseUrl } = endpoint;
  const origin = originOf(baseUrl);
  const { mutate, isPending } = useDeleteEndpoint({
    onFailed: ({ message }) =>
      notifications.show({ color: "var(--attune-failure)", title: t.deleteFailed, message, autoClose: false }),
  });
  const isShared = all.some((other) => other.id !== id && originOf(other.baseUrl) === origin);
  const ask = () =>
    modals.openConfirmModal({
      title: t.deleteAsk(name),
      children: (
        <Stack gap="xs" className={classes.anywhere}>
          <Text>{t.deleteMeaning}</Text>
          {keySource === "keychain" ? <Text>{isShared ? t.deleteKeepsKey(origin) : t.deleteKey(origin)}</Text> : null}
        </Stack>
      ),
      labels: { confirm: t.deleteConfirm, cancel: t.cancel },
      confirmProps: { variant: "outline", color: "var(--attune-failure)" },
      cancelProps: { "data-autofocus": true },
      onConfirm: () => {
        mutate({ params: { path: { id } } });
        onDeleted();
      },
    });
  return (
    <Button variant="default" size="xs" aria-label={t.deleteOf(name)} loading={isPending} onClick={ask}>
      {t.delete}
    </Button>
  );
}
