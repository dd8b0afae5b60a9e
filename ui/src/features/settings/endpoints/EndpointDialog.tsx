// Sets an endpoint up or changes it: name, address, model, and its key, which is typed here and never shown again.

import { Box, Button, Group, Modal, Stack, Text, TextInput } from "@mantine/core";
import { type FormEvent, useId, useState } from "react";
import { useSaveEndpoint } from "../../../api/endpoints";
import type { Endpoint, EndpointDetails } from "../../../api/types";
import { ProblemNotice } from "../../../components/ProblemNotice";
import { words } from "../words";
import classes from "./endpoints.module.css";
import { KeyField, type TypedKey } from "./KeyField";
import { ModelField } from "./ModelField";
import { nameFor, originOf, PRESETS, presetAt } from "./presets";

const t = words.endpoints.dialog;

interface EndpointDialogProps {
  /** Absent for a new one. */
  before: Endpoint | undefined;
  all: Endpoint[];
  onClose: () => void;
  onSaved: (endpoint: Endpoint) => void;
}

export function EndpointDialog({ before, all, onClose, onSaved }: EndpointDialogProps) {
  const [typed, setTyped] = useState<EndpointDetails>(before ?? { name: "", baseUrl: "", model: "" });
  const [typedKey, setTypedKey] = useState<TypedKey>({ key: "", isForgotten: false });
  const { kept, isKeyRefused, mutate, error, isPending } = useSaveEndpoint(before);
  const presetsId = useId();
  const others = all.filter(({ id }) => id !== kept?.id);
  const preset = presetAt(typed.baseUrl);
  const key = typedKey.key.trim();
  const isWhole = [typed.name, typed.baseUrl, typed.model].every((text) => text.trim() !== "");
  const type = (changed: Partial<EndpointDetails>) => setTyped((earlier) => ({ ...earlier, ...changed }));
  const problemOf = (field: string) =>
    error?.field === field ? [error.message, error.hint].filter(Boolean).join(". ") : undefined;
  const isElsewhere = error && !["name", "baseUrl", "model", "key"].includes(error.field ?? "");

  const save = (event: FormEvent) => {
    event.preventDefault();
    if (!isWhole || isPending) return;
    const { name, baseUrl, model } = typed;
    const wanted = { details: { name, baseUrl, model }, key: typedKey.isForgotten ? null : key || undefined };
    mutate(wanted, { onSuccess: onSaved });
  };

  return (
    <Modal
      opened
      onClose={onClose}
      title={before ? t.edit(before.name) : t.add}
      closeButtonProps={{ "aria-label": words.endpoints.close }}
      // A click beside it would lose a key that was pasted.
      closeOnClickOutside={false}
      size="lg"
    >
      <Stack component="form" gap="md" onSubmit={save} data-testid="endpoint-dialog">
        {before ? null : (
          <Box role="group" aria-labelledby={presetsId}>
            <Text fz="sm" fw={500} mb={4} id={presetsId}>
              {t.presets}
            </Text>
            <Group gap="xs">
              {PRESETS.map((one) => (
                <Button
                  key={one.name}
                  variant={one === preset ? "light" : "default"}
                  size="compact-sm"
                  aria-pressed={one === preset}
                  onClick={() =>
                    type({
                      name: nameFor(
                        one,
                        typed.name,
                        others.map(({ name }) => name),
                      ),
                      baseUrl: one.baseUrl,
                    })
                  }
                >
                  {one.name}
                </Button>
              ))}
            </Group>
          </Box>
        )}
        <TextInput
          label={t.name}
          description={t.nameHelp}
          value={typed.name}
          maxLength={80}
          autoComplete="off"
          error={problemOf("name")}
          onChange={(event) => type({ name: event.currentTarget.value })}
          data-testid="endpoint-name"
          data-autofocus
        />
        <TextInput
          label={t.baseUrl}
          description={t.baseUrlHelp}
          placeholder={PRESETS[0]?.baseUrl}
          value={typed.baseUrl}
          inputMode="url"
          spellCheck={false}
          autoComplete="off"
          error={problemOf("baseUrl")}
          onChange={(event) => type({ baseUrl: event.currentTarget.value })}
          data-testid="endpoint-url"
        />
        <KeyField
          endpoint={kept}
          baseUrl={typed.baseUrl}
          sharing={kept ? others.filter(({ baseUrl }) => originOf(baseUrl) === originOf(kept.baseUrl)) : []}
          help={preset?.key}
          value={typedKey}
          onChange={setTypedKey}
          error={problemOf("key")}
        />
        <ModelField
          // What one server offers says nothing of another.
          key={originOf(typed.baseUrl)}
          baseUrl={typed.baseUrl}
          typedKey={key || undefined}
          help={preset?.model}
          value={typed.model}
          onChange={(model) => type({ model })}
          error={problemOf("model")}
        />
        {kept && isKeyRefused ? (
          <Text fz="sm" role="status" className={classes.anywhere}>
            {t.keyRefused(kept.name)}
          </Text>
        ) : null}
        {error && isElsewhere ? <ProblemNotice problem={error} /> : null}
        <Group justify="flex-end" gap="sm">
          <Text fz="xs" c="dimmed" flex={1}>
            {t.saveMeaning}
          </Text>
          <Button variant="default" onClick={onClose}>
            {words.endpoints.cancel}
          </Button>
          <Button type="submit" disabled={!isWhole} loading={isPending} data-testid="endpoint-save">
            {t.save}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
