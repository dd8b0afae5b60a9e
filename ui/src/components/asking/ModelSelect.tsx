// Which model is meant: a base, the adapter of a run, an adapter folder by its path; and where texts are written, an
// endpoint or a chat model's file. A choice is one text.

import { Box, Button, Group, Select, Text, TextInput } from "@mantine/core";
import classes from "./ModelSelect.module.css";
import { words } from "./words";

const t = words.model;

/** Of a list that can be searched; more would take long to draw. */
const MOST_SHOWN = 100;

export type PickFolder = (wanted: { title: string }) => Promise<string | undefined>;
export type PickFile = (wanted: {
  title: string;
  kinds: { name: string; extensions: string[] }[];
}) => Promise<string | undefined>;

type PathKind = "folder" | "file";

const CHAT_FILES = [
  { name: t.file.kind, extensions: ["gguf"] },
  { name: t.file.any, extensions: ["*"] },
];

interface ModelSelectProps {
  label: string;
  /** Of the field for a path. */
  pathLabel: string;
  bases: { name: string }[];
  /** Runs that have an adapter. */
  completed: { id: string; runIdentifier: string; baseModel: string }[];
  /** What else can write; absent where a model is to be asked. */
  writers?: { endpoints: { id: string; name: string; model: string }[] };
  /** `base:` or `endpoint:` or so and which one, or a kind of path and the path. */
  value: string;
  /** The path in it, if it is one. */
  typed: { kind: PathKind; path: string } | undefined;
  /** Whether the choice names nothing that is there. */
  isMissing: boolean;
  onChange: (value: string) => void;
  /** The list is about to be looked at. */
  onOpen: () => void;
  /** Absent in a browser. */
  pickFolder: PickFolder | undefined;
  pickFile?: PickFile | undefined;
  testId: string;
}

export function ModelSelect(props: ModelSelectProps) {
  const { label, bases, completed, writers, value, typed, isMissing, onChange, onOpen, testId } = props;
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
              note: t.runOn(baseModel),
            })),
          },
          {
            group: t.endpoints,
            items: (writers?.endpoints ?? []).map(({ id, name, model }) => ({
              value: `endpoint:${id}`,
              label: name,
              note: model,
            })),
          },
          {
            group: t.other,
            items: [
              { value: written("folder", ""), label: t.folder.option },
              ...(writers ? [{ value: written("file", ""), label: t.file.option }] : []),
            ],
          },
        ].filter(({ items }) => items.length > 0)}
        value={typed ? written(typed.kind, "") : isMissing ? null : value}
        onChange={(picked) => picked && onChange(picked)}
        onDropdownOpen={onOpen}
        error={isMissing && !typed ? t.missing : undefined}
        nothingFoundMessage={t.nothingFound}
        renderOption={({ option }) => (
          <Box miw={0}>
            <Text fz="sm" className={classes.name}>
              {option.label}
            </Text>
            {"note" in option ? (
              <Text fz="xs" className={classes.name}>
                {String(option.note)}
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
      {typed ? <PathField {...props} {...typed} /> : null}
    </Box>
  );
}

type PathFieldProps = ModelSelectProps & { kind: PathKind; path: string };

function PathField({ kind, path, pathLabel, isMissing, onChange, pickFolder, pickFile }: PathFieldProps) {
  const w = t[kind];
  const change = (wanted: string) => onChange(written(kind, wanted));
  const pick = {
    folder: pickFolder && (() => pickFolder({ title: t.folder.pickTitle })),
    file: pickFile && (() => pickFile({ title: t.file.pickTitle, kinds: CHAT_FILES })),
  }[kind];
  return (
    <Group gap={4} mt={4} wrap="nowrap" align="flex-start">
      <TextInput
        flex={1}
        miw={0}
        aria-label={pathLabel}
        placeholder={w.placeholder}
        value={path}
        title={path}
        error={isMissing ? w.missing : undefined}
        spellCheck={false}
        autoComplete="off"
        onChange={(event) => change(event.currentTarget.value)}
      />
      {pick ? (
        <Button
          variant="default"
          onClick={async () => {
            const picked = await pick();
            if (picked) change(picked);
          }}
        >
          {t.choose}
        </Button>
      ) : null}
    </Group>
  );
}

/** A path as a choice. */
function written(kind: PathKind, path: string): string {
  return `${kind}:${path}`;
}
