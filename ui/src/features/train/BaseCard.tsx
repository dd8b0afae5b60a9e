import { Select, Skeleton, Stack, Text } from "@mantine/core";
import { useBases } from "../../api/bases";
import type { Base } from "../../api/types";
import { ProblemNotice } from "../../components/ProblemNotice";
import { millions } from "../../components/quantity";
import { StepCard } from "../../components/StepCard";
import { words } from "./words";

const t = words.base;

interface BaseCardProps {
  value: string;
  onChange: (base: string) => void;
}

export function BaseCard({ value, onChange }: BaseCardProps) {
  const bases = useBases();
  return (
    <StepCard number={1} title={t.title}>
      <Stack gap="xs">
        {bases.isPending ? <Skeleton height={84} aria-label={words.loading} /> : null}
        {bases.error ? <ProblemNotice problem={bases.error} onRetry={() => void bases.refetch()} /> : null}
        {bases.data ? <Choice bases={bases.data} value={value} onChange={onChange} /> : null}
        <Text fz="xs" c="dimmed">
          {t.method}
        </Text>
      </Stack>
    </StepCard>
  );
}

function Choice({ bases, value, onChange }: BaseCardProps & { bases: Base[] }) {
  if (bases.length === 0) return <ProblemNotice problem={{ message: t.none, hint: t.noneHint }} />;
  const automatic = bases.find((base) => base.chosenByAuto);
  const chosen = value === "auto" ? automatic : bases.find((base) => base.name === value || base.path === value);
  const options = [
    { value: "auto", label: t.automatic(automatic?.name) },
    ...bases.map(({ name }) => ({ value: name, label: name })),
  ];
  // The settings may name a folder that the list does not know.
  if (!chosen && value !== "auto") options.push({ value, label: value });
  return (
    <>
      <Select
        label={t.label}
        data={options}
        value={chosen && value !== "auto" ? chosen.name : value}
        onChange={(picked) => picked && onChange(picked)}
        allowDeselect={false}
        comboboxProps={{ withinPortal: true }}
      />
      <Text fz="sm" data-testid="base-size">
        {chosen ? describe(chosen) : t.unknown}
      </Text>
    </>
  );
}

function describe({ parameters, bundled }: Base): string {
  return [t.size(millions(parameters)), bundled && t.bundled].filter(Boolean).join(" · ");
}
