// Where a run's adapter lies, and the two lines with which it is used elsewhere.

import { ActionIcon, Button, Code, CopyButton, Group, Modal, Stack, Text } from "@mantine/core";
import { IconCheck, IconCopy } from "@tabler/icons-react";
import type { ReactNode } from "react";
import type { Run } from "../../api/types";
import { Digest } from "../../components/Digest";
import classes from "./ExportDialog.module.css";
import { words } from "./words";

export function ExportDialog({ run, onClose }: { run: Run; onClose: () => void }) {
  const folder = run.runDirectory;
  return (
    <Modal
      opened
      onClose={onClose}
      title={words.title(run.runIdentifier)}
      closeButtonProps={{ "aria-label": words.close }}
      size="lg"
    >
      <Stack gap="md" data-testid="export">
        {run.adapterDigest ? (
          <>
            <Text fz="sm">{words.what}</Text>
            <Line name={words.folder} text={folder} />
            <Line name={words.uses.attune} text={words.attune(folder)} />
            <Line name={words.uses.peft} text={words.peft(folder)} />
            <Group gap="xl">
              <Named name={words.base}>
                <Text fz="sm">{run.baseModel}</Text>
              </Named>
              <Named name={words.digest}>
                <Digest value={run.adapterDigest} />
              </Named>
            </Group>
          </>
        ) : (
          <Text fz="sm">{words.gone}</Text>
        )}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            {words.close}
          </Button>
        </Group>
      </Stack>
    </Modal>
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
