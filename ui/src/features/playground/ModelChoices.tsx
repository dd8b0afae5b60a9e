// Who is asked: two to four models, each from a list or by its folder.

import { ActionIcon, Box, Button, Group, Select, Text, TextInput, Tooltip } from "@mantine/core";
import { IconPlus, IconX } from "@tabler/icons-react";
import classes from "./ModelChoices.module.css";
import { choiceOf, NO_FOLDER } from "./models";
import type { Models } from "./useModels";
import { words } from "./words";

const t = words.models;

const FEWEST = 2;
const MOST = 4;
/** Of a list that can be searched; more would take long to draw. */
const MOST_SHOWN = 100;

export type PickFolder = (wanted: { title: string }) => Promise<string | undefined>;

interface ModelChoicesProps {
  models: Models;
  choices: string[];
  onChange: (choices: string[]) => void;
  pickFolder: PickFolder | undefined;
}

export function ModelChoices({ models, choices, onChange, pickFolder }: ModelChoicesProps) {
  const change = (place: number, choice: string) =>
    onChange(choices.map((before, at) => (at === place ? choice : before)));
  return (
    <Box className={classes.choices}>
      {choices.map((choice, place) => (
        // A place is what a choice belongs to: two of them may name the same model.
        // biome-ignore lint/suspicious/noArrayIndexKey: see above
        <Group key={place} gap={4} align="flex-start" wrap="nowrap" className={classes.choice}>
          <OneChoice
            models={models}
            place={place + 1}
            choice={choice}
            onChange={(changed) => change(place, changed)}
            pickFolder={pickFolder}
          />
          {choices.length > FEWEST ? (
            <Tooltip label={t.remove(place + 1)}>
              <ActionIcon
                variant="subtle"
                color="gray"
                mt={26}
                size="lg"
                aria-label={t.remove(place + 1)}
                onClick={() => onChange(choices.filter((_, at) => at !== place))}
              >
                <IconX size={16} aria-hidden />
              </ActionIcon>
            </Tooltip>
          ) : null}
        </Group>
      ))}
      {choices.length < MOST ? (
        <Button
          variant="subtle"
          mt={25}
          w="fit-content"
          leftSection={<IconPlus size={16} aria-hidden />}
          onClick={() => onChange([...choices, models.first()[1] ?? ""])}
          data-testid="add-model"
        >
          {t.add}
        </Button>
      ) : null}
    </Box>
  );
}

interface OneChoiceProps {
  models: Models;
  /** Counted from 1. */
  place: number;
  choice: string;
  onChange: (choice: string) => void;
  pickFolder: PickFolder | undefined;
}

function OneChoice({ models, place, choice, onChange, pickFolder }: OneChoiceProps) {
  const chosen = choiceOf(choice);
  const isFolder = chosen?.kind === "folder";
  const isMissing = models.isKnown && !models.model(choice);
  const pick = async () => {
    const path = await pickFolder?.({ title: t.pickTitle });
    if (path) onChange(`${NO_FOLDER}${path}`);
  };
  return (
    <Box flex={1} miw={0}>
      <Select
        label={t.label(place)}
        data={[
          { group: t.bases, items: models.bases.map(({ name }) => ({ value: `base:${name}`, label: name })) },
          {
            group: t.runs,
            items: models.completed.map(({ id, runIdentifier, baseModel }) => ({
              value: `run:${id}`,
              label: runIdentifier,
              base: baseModel,
            })),
          },
          { group: t.other, items: [{ value: NO_FOLDER, label: t.folder }] },
        ].filter(({ items }) => items.length > 0)}
        value={isFolder ? NO_FOLDER : isMissing ? null : choice}
        onChange={(picked) => picked && onChange(picked)}
        onDropdownOpen={models.loadOlder}
        error={isMissing && !isFolder ? t.missing : undefined}
        nothingFoundMessage={t.nothingFound}
        renderOption={({ option }) => (
          <Box miw={0}>
            <Text fz="sm" className={classes.name}>
              {option.label}
            </Text>
            {"base" in option ? (
              <Text fz="xs" className={classes.name}>
                {t.runOn(String(option.base))}
              </Text>
            ) : null}
          </Box>
        )}
        limit={MOST_SHOWN}
        searchable
        allowDeselect={false}
        maxDropdownHeight={320}
        data-testid={`model-${place}`}
      />
      {isFolder ? (
        <Group gap={4} mt={4} wrap="nowrap" align="flex-start">
          <TextInput
            flex={1}
            miw={0}
            aria-label={t.folderLabel(place)}
            placeholder={t.folderPlaceholder}
            value={chosen.path}
            title={chosen.path}
            error={isMissing ? t.missingFolder : undefined}
            spellCheck={false}
            autoComplete="off"
            onChange={(event) => onChange(`${NO_FOLDER}${event.currentTarget.value}`)}
          />
          {pickFolder ? (
            <Button variant="default" onClick={() => void pick()}>
              {t.choose}
            </Button>
          ) : null}
        </Group>
      ) : null}
    </Box>
  );
}
