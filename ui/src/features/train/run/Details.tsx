// How a run was made, in a fold: where it came from, every setting, its folders, and deleting it.

import { Anchor, Button, CopyButton, Group, Stack, Text } from "@mantine/core";
import { IconCheck, IconTerminal2, IconTrash } from "@tabler/icons-react";
import type { Run } from "../../../api/types";
import { Facts } from "../../../components/Facts";
import { Fold } from "../../../components/Fold";
import { words } from "../words";
import { ComputedIn } from "./ComputedIn";
import { commandOf } from "./command";
import { SelfCheck } from "./SelfCheck";
import { type SettingName, settingsOf } from "./settings";
import { useConfirmedDelete } from "./useConfirmedDelete";

const t = words.run;

export interface Lineage {
  /** The run that this one goes on from, if it still exists. */
  parent: Run | undefined;
  onSelect: (runId: string) => void;
}

/** Shown elsewhere, or as long as a path. */
const NOT_HERE: SettingName[] = ["baseModel", "samplesUsed", "sourcePath", "resumedFrom", "startedFrom"];

export function Details({ run, parent, onSelect }: Lineage & { run: Run }) {
  return (
    <Fold label={t.details} testId="run-details">
      <Stack gap={4} pt="xs">
        <Facts
          facts={settingsOf(run)
            .filter(({ name }) => !NOT_HERE.includes(name))
            .map(({ name, value }) => ({ name: words.settings[name], value }))}
        />
        {run.computation ? <ComputedIn computation={run.computation} /> : null}
        {run.selfCheck ? <SelfCheck result={run.selfCheck} /> : null}
        {run.resumedFrom ? <ResumedFrom id={run.resumedFrom} parent={parent} onSelect={onSelect} /> : null}
        {run.startedFrom ? <Place name={t.startedFrom} path={run.startedFrom} /> : null}
        <Place name={t.source} path={run.sourcePath} />
        <Place name={t.runFolder} path={run.runDirectory} />
        <Place name={t.folder} path={run.outputDir} />
        <Group gap="xs" pt={4}>
          <CopyCommandButton run={run} />
          <DeleteButton run={run} />
        </Group>
      </Stack>
    </Fold>
  );
}

function ResumedFrom({ id, parent, onSelect }: Lineage & { id: string }) {
  return (
    <Text fz="xs" style={{ overflowWrap: "anywhere" }}>
      <Text span inherit c="dimmed">
        {t.resumedFrom}{" "}
      </Text>
      {parent ? (
        <Anchor
          component="button"
          type="button"
          inherit
          underline="always"
          aria-label={t.showRun(parent.runIdentifier)}
          onClick={() => onSelect(id)}
        >
          {parent.runIdentifier}
        </Anchor>
      ) : (
        id
      )}
    </Text>
  );
}

function CopyCommandButton({ run }: { run: Run }) {
  return (
    <CopyButton value={commandOf(run)}>
      {({ copied, copy }) => (
        <Button
          variant="default"
          size="compact-xs"
          leftSection={copied ? <IconCheck size={12} aria-hidden /> : <IconTerminal2 size={12} aria-hidden />}
          onClick={copy}
          data-testid="copy-command"
        >
          {copied ? t.copied : t.copyCommand}
        </Button>
      )}
    </CopyButton>
  );
}

function DeleteButton({ run }: { run: Run }) {
  const remove = useConfirmedDelete();
  return (
    <Button
      variant="default"
      size="compact-xs"
      leftSection={<IconTrash size={12} aria-hidden />}
      onClick={() => remove(run)}
      data-testid="delete-run"
    >
      {t.delete}
    </Button>
  );
}

/** Paths get a line of their own: they are long, and broken anywhere rather than cut. */
function Place({ name, path }: { name: string; path: string }) {
  return (
    <Text fz="xs" style={{ overflowWrap: "anywhere" }}>
      <Text span inherit c="dimmed">
        {name}{" "}
      </Text>
      <Text span inherit ff="monospace">
        {path}
      </Text>
    </Text>
  );
}
