import { Button, SegmentedControl, Select, Skeleton, Stack, Text } from "@mantine/core";
import { IconDownload } from "@tabler/icons-react";
import { useState } from "react";
import { useBases } from "../../../api/bases";
import type { Base, Method } from "../../../api/types";
import { ProblemNotice } from "../../../components/ProblemNotice";
import { millions } from "../../../components/quantity";
import { StepCard } from "../../../components/StepCard";
import { BasesDialog } from "../bases/BasesDialog";
import type { PickFolder } from "../bases/ImportFolder";
import { words } from "../words";
import { BeginningChoice } from "./BeginningChoice";
import { type Beginning, NEW } from "./useBeginning";
import type { Defaults } from "./useDefaults";

const t = words.base;

const METHODS: Method[] = ["soft-prompt", "lora"];

interface ChoiceProps {
  value: string;
  onChange: (base: string) => void;
}

interface BaseCardProps {
  beginning: Beginning;
  defaults: Defaults;
  pickFolder: PickFolder | undefined;
}

export function BaseCard({ beginning, defaults, pickFolder }: BaseCardProps) {
  return (
    <StepCard number={1} title={t.title}>
      <Stack gap="xs">
        <BeginningChoice beginning={beginning} defaults={defaults} pickFolder={pickFolder} />
        {beginning.choice === NEW ? <OfNew beginning={beginning} pickFolder={pickFolder} /> : null}
      </Stack>
    </StepCard>
  );
}

/** Only a new adapter has both to choose: any other was trained on a base, by a method. */
function OfNew({ beginning, pickFolder }: Omit<BaseCardProps, "defaults">) {
  const bases = useBases();
  const [isManaging, manage] = useState(false);
  const { base = "auto", setBase, method, setMethod } = beginning;
  return (
    <>
      {bases.isPending ? <Skeleton height={84} aria-label={words.loading} /> : null}
      {bases.error ? <ProblemNotice problem={bases.error} onRetry={() => void bases.refetch()} /> : null}
      {bases.data ? <Choice bases={bases.data} value={base} onChange={setBase} /> : null}
      <Button
        variant="subtle"
        size="compact-sm"
        w="fit-content"
        px={4}
        leftSection={<IconDownload size={16} aria-hidden />}
        onClick={() => manage(true)}
        data-testid="manage-bases"
      >
        {words.bases.manage}
      </Button>
      <BasesDialog
        opened={isManaging}
        onClose={() => manage(false)}
        inUse={base}
        onUse={setBase}
        pickFolder={pickFolder}
      />
      <SegmentedControl
        aria-label={t.method}
        data={METHODS.map((name) => ({ value: name, label: t.methods[name].name }))}
        value={method}
        onChange={(picked) => setMethod(picked as Method)}
        data-testid="method"
      />
      <Text fz="xs" c="dimmed">
        {t.methods[method].meaning}
      </Text>
    </>
  );
}

function Choice({ bases, value, onChange }: ChoiceProps & { bases: Base[] }) {
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
