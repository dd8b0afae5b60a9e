// Which model is meant: a base, the adapter of a run, or an adapter folder by its path. A choice is one text.

import { Box, Button, Group, Select, Text, TextInput } from "@mantine/core";
import classes from "./ModelSelect.module.css";
import { words } from "./words";

const t = words.model;

/** Of a list that can be searched; more would take long to draw. */
const MOST_SHOWN = 100;
/** In the list, what stands for any folder. */
const FOLDER = "folder:";

export type PickFolder = (wanted: { title: string }) => Promise<string | undefined>;

interface ModelSelectProps {
  label: string;
  folderLabel: string;
  bases: { name: string }[];
  /** Runs that have an adapter. */
  completed: { id: string; runIdentifier: string; baseModel: string }[];
  /** `base:` and a name, or `run:` and an id. */
  value: string;
  /** The path, where a folder is chosen. */
  folder: string | undefined;
  /** Whether the choice names nothing that is there. */
  isMissing: boolean;
  onChange: (value: string) => void;
  onFolder: (path: string) => void;
  /** The list is about to be looked at. */
  onOpen: () => void;
  /** Absent in a browser. */
  pickFolder: PickFolder | undefined;
  testId: string;
}

export function ModelSelect(props: ModelSelectProps) {
  const { label, folderLabel, bases, completed, value, folder, isMissing, onChange, onFolder, onOpen } = props;
  const { pickFolder, testId } = props;
  const isFolder = folder !== undefined;
  const pick = async () => {
    const path = await pickFolder?.({ title: t.pickTitle });
    if (path) onFolder(path);
  };
  return (
    <Box flex={1} miw={0}>
      <Select
        label={label}
        data={[
          { group: t.bases, items: bases.map(({ name }) => ({ value: `base:${name}`, label: name })) },
          {
            group: t.runs,
            items: completed.map(({ id, runIdentifier, baseModel }) => ({
              value: `run:${id}`,
              label: runIdentifier,
              base: baseModel,
            })),
          },
          { group: t.other, items: [{ value: FOLDER, label: t.folder }] },
        ].filter(({ items }) => items.length > 0)}
        value={isFolder ? FOLDER : isMissing ? null : value}
        onChange={(picked) => {
          if (picked === FOLDER) onFolder("");
          else if (picked) onChange(picked);
        }}
        onDropdownOpen={onOpen}
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
        data-testid={testId}
      />
      {isFolder ? (
        <Group gap={4} mt={4} wrap="nowrap" align="flex-start">
          <TextInput
            flex={1}
            miw={0}
            aria-label={folderLabel}
            placeholder={t.folderPlaceholder}
            value={folder}
            title={folder}
            error={isMissing ? t.missingFolder : undefined}
            spellCheck={false}
            autoComplete="off"
            onChange={(event) => onFolder(event.currentTarget.value)}
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
