// The model of an endpoint, typed or taken from what the server lists.

import { Autocomplete, Button, Group, Stack, Text } from "@mantine/core";
import { useRef } from "react";
import { useEndpointModels } from "../../../api/endpoints";
import { ApiProblem } from "../../../api/problem";
import type { EndpointModel } from "../../../api/types";
import { ProblemNotice } from "../../../components/ProblemNotice";
import { count } from "../../../components/quantity";
import { words } from "../words";
import classes from "./endpoints.module.css";

const t = words.endpoints.dialog;

/** More would take long to draw; what is typed narrows them. */
const MOST_SHOWN = 100;

interface ModelFieldProps {
  baseUrl: string;
  /** A key that is not kept yet. */
  typedKey: string | undefined;
  help: string | undefined;
  value: string;
  onChange: (model: string) => void;
  error: string | undefined;
}

export function ModelField({ baseUrl, typedKey, help, value, onChange, error }: ModelFieldProps) {
  const listing = useEndpointModels();
  const field = useRef<HTMLInputElement>(null);
  const models: EndpointModel[] = listing.data ?? [];
  const list = () =>
    listing.mutate(
      { body: { baseUrl, ...(typedKey ? { key: typedKey } : {}) } },
      { onSuccess: (found) => found.length > 0 && field.current?.focus() },
    );
  return (
    <Stack gap="xs">
      <Group align="end" gap="xs" wrap="nowrap">
        <Autocomplete
          ref={field}
          flex={1}
          miw={0}
          label={t.model}
          description={help ?? words.endpoints.modelHelp}
          value={value}
          onChange={onChange}
          data={[...new Set(models.map(({ id }) => id))]}
          // A model that is chosen already must not hide the others.
          filter={({ options, search }) => {
            const isWhole = models.some(({ id }) => id === search.trim());
            const wanted = search.trim().toLowerCase();
            const fits = ({ label }: { label: string }) => isWhole || label.toLowerCase().includes(wanted);
            return options.filter((option) => "label" in option && fits(option)).slice(0, MOST_SHOWN);
          }}
          renderOption={({ option }) => <Listed model={models.find(({ id }) => id === option.value)} />}
          maxDropdownHeight={240}
          spellCheck={false}
          error={Boolean(error)}
          data-testid="endpoint-model"
        />
        <Button
          variant="default"
          flex="none"
          loading={listing.isPending}
          disabled={baseUrl.trim() === ""}
          onClick={list}
          data-testid="list-models"
        >
          {t.models}
        </Button>
      </Group>
      {error ? <ProblemNotice problem={{ message: error }} /> : null}
      {listing.data && !listing.isPending ? (
        <Text fz="xs" c="dimmed" role="status">
          {t.modelsOf(models.length, count(models.length))}
        </Text>
      ) : null}
      {listing.error instanceof ApiProblem ? <ProblemNotice problem={listing.error} /> : null}
    </Stack>
  );
}

function Listed({ model }: { model: EndpointModel | undefined }) {
  return (
    <div>
      <Text fz="sm" className={classes.anywhere}>
        {model?.id}
      </Text>
      {model?.shutdownDate ? <Text fz="xs">{t.shutDown(model.shutdownDate)}</Text> : null}
    </div>
  );
}
