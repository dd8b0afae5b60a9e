// A base model that lies in a folder already: checked and copied by Attune, then chosen.

import { Button, Group, Stack, Text, TextInput } from "@mantine/core";
import { type FormEvent, useState } from "react";
import { useImportBase } from "../../../api/bases";
import { ProblemNotice } from "../../../components/ProblemNotice";
import { words } from "../words";

const t = words.bases;

export type PickFolder = (wanted: { title: string }) => Promise<string | undefined>;

interface ImportFolderProps {
  pickFolder: PickFolder | undefined;
  /** With the name that it has from now on. */
  onImported: ((name: string) => void) | undefined;
}

export function ImportFolder({ pickFolder, onImported }: ImportFolderProps) {
  const [path, setPath] = useState("");
  const { mutate, data, error, isPending } = useImportBase();
  const choose = async () => {
    const picked = await pickFolder?.({ title: t.dialog });
    if (picked) setPath(picked);
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    // The dialog belongs to the run's form in React's eyes: its submit must not start a run.
    event.stopPropagation();
    if (path.trim()) mutate({ body: { path: path.trim() } }, { onSuccess: ({ name }) => onImported?.(name) });
  };
  return (
    <Stack component="form" gap="xs" onSubmit={submit}>
      <Group align="end" gap="xs" wrap="nowrap">
        <TextInput
          flex={1}
          miw={0}
          label={t.importLabel}
          description={t.importHelp}
          placeholder={t.importPlaceholder}
          spellCheck={false}
          autoComplete="off"
          value={path}
          title={path}
          error={Boolean(error)}
          onChange={(event) => setPath(event.currentTarget.value)}
          data-testid="import-path"
        />
        {pickFolder ? (
          <Button variant="default" flex="none" onClick={() => void choose()}>
            {t.choose}
          </Button>
        ) : null}
        <Button type="submit" variant="default" flex="none" loading={isPending} disabled={path.trim() === ""}>
          {t.import}
        </Button>
      </Group>
      {error ? <ProblemNotice problem={error} /> : null}
      {data && !isPending && !error ? (
        <Text fz="sm" role="status">
          {t.imported(data.name)}
        </Text>
      ) : null}
    </Stack>
  );
}
