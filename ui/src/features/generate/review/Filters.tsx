// Which examples are looked at.

import { Checkbox, Group, NumberInput, Select, TextInput } from "@mantine/core";
import type { ExampleStatus } from "../../../api/types";
import { words } from "../words";
import { BEST, type Filter } from "./filter";

const t = words.filters;

interface FiltersProps {
  filter: Filter;
  titles: Map<string, string>;
  /** Whether there is a batch to stay in. */
  hasBatch: boolean;
  onChange: (changed: Partial<Filter>) => void;
}

export function Filters({ filter, titles, hasBatch, onChange }: FiltersProps) {
  const quality = (name: "from" | "to", label: string, standard: number) => (
    <NumberInput
      label={label}
      w={96}
      size="xs"
      min={0}
      max={BEST}
      step={0.5}
      decimalScale={1}
      fixedDecimalScale
      allowNegative={false}
      value={filter[name]}
      onChange={(value) => onChange({ [name]: typeof value === "number" ? value : standard })}
    />
  );
  return (
    <Group gap="sm" align="flex-end" role="group" aria-label={t.group}>
      <Select
        label={t.status}
        w={132}
        size="xs"
        placeholder={t.any}
        clearable
        data={STATUSES.map((value) => ({ value, label: words.review.statuses[value] }))}
        value={filter.status}
        onChange={(status) => onChange({ status: status as ExampleStatus | null })}
        data-testid="filter-status"
      />
      <Select
        label={t.genre}
        w={148}
        size="xs"
        placeholder={t.any}
        clearable
        data={[...titles].map(([value, label]) => ({ value, label }))}
        value={filter.genre}
        onChange={(genre) => onChange({ genre })}
        data-testid="filter-genre"
      />
      {quality("from", t.from, 0)}
      {quality("to", t.to, BEST)}
      <TextInput
        label={t.text}
        w={176}
        size="xs"
        placeholder={t.textPlaceholder}
        value={filter.text}
        onChange={(event) => onChange({ text: event.currentTarget.value })}
        data-testid="filter-text"
      />
      <Group gap="sm" mih={30}>
        <Checkbox
          label={t.fresh}
          checked={filter.isFresh}
          onChange={(event) => onChange({ isFresh: event.currentTarget.checked })}
        />
        {hasBatch ? (
          <Checkbox
            label={t.batch}
            checked={filter.isOfBatch}
            onChange={(event) => onChange({ isOfBatch: event.currentTarget.checked })}
            data-testid="filter-batch"
          />
        ) : null}
      </Group>
    </Group>
  );
}

const STATUSES: ExampleStatus[] = ["accepted", "rejected", "candidate"];
