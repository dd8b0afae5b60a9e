// What a run begins with, chosen: a new adapter, that of an earlier run, or one in a folder.

import { Button, Group, Select, Stack, Text, TextInput } from "@mantine/core";
import { useBases } from "../../../api/bases";
import type { RunDefaults } from "../../../api/types";
import { ProblemNotice } from "../../../components/ProblemNotice";
import type { PickFolder } from "../bases/ImportFolder";
import { words } from "../words";
import { type Beginning, FOLDER, NEW } from "./useBeginning";
import type { Defaults } from "./useDefaults";

const t = words.beginning;

interface BeginningProps {
  beginning: Beginning;
  defaults: Defaults;
  pickFolder: PickFolder | undefined;
}

export function BeginningChoice({ beginning, defaults, pickFolder }: BeginningProps) {
  const { runs, choice, choose, lacksFolder } = beginning;
  const adapters = runs.map(({ id, runIdentifier }) => ({ value: id, label: runIdentifier }));
  const others = [
    { value: NEW, label: t.fresh },
    { value: FOLDER, label: t.folder },
  ];
  return (
    <Stack gap="xs">
      <Select
        label={t.label}
        data={adapters.length > 0 ? [...others, { group: t.ofRuns, items: adapters }] : others}
        value={choice}
        onChange={(picked) => picked && choose(picked)}
        allowDeselect={false}
        searchable={adapters.length > 10}
        comboboxProps={{ withinPortal: true }}
        data-testid="beginning"
      />
      {choice === FOLDER ? <OfFolder beginning={beginning} pickFolder={pickFolder} /> : null}
      {choice === NEW || lacksFolder ? null : <About beginning={beginning} defaults={defaults} />}
    </Stack>
  );
}

function OfFolder({ beginning, pickFolder }: Omit<BeginningProps, "defaults">) {
  const bases = useBases();
  const { typedFolder, base, setBase } = beginning;
  const { typed, type, enter } = typedFolder;
  const choose = async () => {
    const picked = await pickFolder?.({ title: t.dialog });
    if (picked) enter(picked);
  };
  return (
    <>
      <Group align="end" gap="xs" wrap="nowrap">
        <TextInput
          flex={1}
          miw={0}
          label={t.path}
          description={t.pathHelp}
          placeholder={t.pathPlaceholder}
          spellCheck={false}
          autoComplete="off"
          value={typed}
          title={typed}
          onChange={(event) => type(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key !== "Enter") return;
            // Enter has the folder looked at; it must not start a run with an adapter that nobody has seen.
            event.preventDefault();
            enter(typed);
          }}
          data-testid="beginning-folder"
        />
        {pickFolder ? (
          <Button variant="default" flex="none" onClick={() => void choose()}>
            {t.choose}
          </Button>
        ) : null}
      </Group>
      <Select
        label={words.base.label}
        placeholder={t.ownBase}
        clearable
        data={bases.data?.map(({ name }) => name) ?? []}
        value={base ?? null}
        onChange={(picked) => setBase(picked ?? undefined)}
        comboboxProps={{ withinPortal: true }}
      />
    </>
  );
}

/** What the adapter says of itself. */
function About({ beginning, defaults }: Pick<BeginningProps, "beginning" | "defaults">) {
  const run = beginning.runs.find(({ id }) => id === beginning.choice);
  if (defaults.problem) return <ProblemNotice problem={defaults.problem} />;
  return (
    <Text fz="xs" c="dimmed" data-testid="beginning-kind">
      {defaults.known ? t.about(kindOf(defaults.known), run?.baseModel ?? beginning.base) : words.loading}
    </Text>
  );
}

function kindOf({ settings }: RunDefaults): string {
  return settings.loraRank == null ? t.softPrompt(String(settings.promptRows)) : t.lora(String(settings.loraRank));
}
