// Takes the adapter of a run elsewhere: asks where to, writes it, and says how it is loaded there.

import { ActionIcon, Button, Code, CopyButton, Group, Modal, Stack, Switch, Text, TextInput } from "@mantine/core";
import { IconCheck, IconCopy } from "@tabler/icons-react";
import { type FormEvent, type ReactNode, useState } from "react";
import { useApi } from "../../api/client";
import type { Exported, Run } from "../../api/types";
import { Digest } from "../../components/Digest";
import { ProblemNotice } from "../../components/ProblemNotice";
import { size } from "../../components/quantity";
import classes from "./ExportDialog.module.css";
import { words } from "./words";

export function ExportDialog({ run, onClose }: { run: Run; onClose: () => void }) {
  const { doors } = useApi();
  const { mutate, data: exported, error, isPending } = doors.useMutation("post", "/api/v1/export");
  const folder = doors.useQuery("get", "/api/v1/status").data?.dataFolder;
  const [typed, setTyped] = useState<string>();
  const [merged, setMerged] = useState(false);
  const output = typed ?? (folder ? `${folder}/exports/${run.runIdentifier}` : "");

  const write = (event: FormEvent) => {
    event.preventDefault();
    mutate({ body: { runId: run.id, output, merged } });
  };

  return (
    <Modal
      opened
      onClose={onClose}
      title={words.title(run.runIdentifier)}
      closeButtonProps={{ "aria-label": words.close }}
      size="lg"
    >
      <Stack component="form" gap="md" onSubmit={write} data-testid="export">
        {run.adapterDigest && !exported ? (
          <>
            <Text fz="sm">{words.what}</Text>
            <TextInput
              label={words.folder}
              description={words.folderRule}
              value={output}
              onChange={(event) => setTyped(event.currentTarget.value)}
              data-testid="export-folder"
              data-autofocus
            />
            {run.method === "lora" ? (
              <Switch
                label={words.merged}
                description={words.mergedMeaning}
                checked={merged}
                onChange={(event) => setMerged(event.currentTarget.checked)}
              />
            ) : null}
          </>
        ) : null}
        {run.adapterDigest ? null : <Text fz="sm">{words.gone}</Text>}
        {error ? <ProblemNotice problem={error} /> : null}
        {exported ? <Written exported={exported} base={run.baseModel} /> : null}
        <Group justify="flex-end" gap="sm">
          <Button variant="default" onClick={onClose}>
            {words.close}
          </Button>
          {run.adapterDigest && !exported ? (
            <Button type="submit" disabled={output.trim() === ""} loading={isPending} data-testid="export-write">
              {words.export}
            </Button>
          ) : null}
        </Group>
      </Stack>
    </Modal>
  );
}

function Written({ exported, base }: { exported: Exported; base: string }) {
  return (
    <>
      <Text fz="sm" fw={600} role="status">
        {words.written(size(exported.sizeBytes))}
      </Text>
      <Line name={words.at} text={exported.path} />
      {exported.baseModel ? null : <Line name={words.uses} text={words.peft(exported.path)} />}
      <Group gap="xl" align="flex-start">
        <Named name={words.base}>
          <Text fz="sm">{base}</Text>
        </Named>
        <Named name={words.digest}>
          <Digest value={exported.adapterDigest} />
        </Named>
      </Group>
    </>
  );
}

function Line({ name, text }: { name: string; text: string }) {
  return (
    <Named name={name}>
      <Group gap="xs" wrap="nowrap" align="flex-start">
        <Code block className={classes.text}>
          {text}
        </Code>
        <CopyButton value={text}>
          {({ copied, copy }) => (
            <ActionIcon variant="default" onClick={copy} aria-label={copied ? words.copied : words.copy(name)}>
              {copied ? <IconCheck size={16} aria-hidden /> : <IconCopy size={16} aria-hidden />}
            </ActionIcon>
          )}
        </CopyButton>
      </Group>
    </Named>
  );
}

function Named({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div>
      <Text fz="xs" c="dimmed" mb={4}>
        {name}
      </Text>
      {children}
    </div>
  );
}
