import { ActionIcon, Group, Stack, Table, Text, Tooltip, UnstyledButton } from "@mantine/core";
import { IconX } from "@tabler/icons-react";
import { memo } from "react";
import type { Run } from "../../api/types";
import { Digest } from "../../components/Digest";
import { count, dateTime, duration, measure } from "../../components/quantity";
import { ErrorText } from "./ErrorText";
import { Unknown } from "./Facts";
import { useConfirmedCancel } from "./RunCard";
import classes from "./RunRow.module.css";
import { StatusBadge } from "./StatusBadge";
import { words } from "./words";

const t = words.history;

interface RunRowProps {
  run: Run;
  isShown: boolean;
  onSelect: () => void;
}

export const RunRow = memo(function RunRow({ run, isShown, onSelect }: RunRowProps) {
  return (
    <Table.Tr className={classes.row} data-shown={isShown || undefined} onClick={onSelect} data-testid="history-row">
      <Table.Td>
        <Group gap={4} wrap="nowrap">
          <StatusBadge status={run.status} />
          {run.status === "queued" ? <RemoveButton run={run} /> : null}
        </Group>
      </Table.Td>
      <Table.Td className={classes.name}>
        {/* The whole row takes a click; this is the same for the keyboard and for being read out. */}
        <Tooltip label={run.runIdentifier} openDelay={400} className={classes.tooltip}>
          <UnstyledButton fz="sm" aria-label={t.select(run.runIdentifier)} aria-pressed={isShown}>
            <Text fz="sm" truncate fw={isShown ? 600 : undefined}>
              {run.runIdentifier}
            </Text>
          </UnstyledButton>
        </Tooltip>
        {run.adapterDigest ? <Digest value={run.adapterDigest} /> : null}
      </Table.Td>
      <Table.Td data-numbers ta="right">
        {count(run.samplesUsed)}
      </Table.Td>
      <Table.Td data-numbers ta="right">
        {count(run.epochs)}
      </Table.Td>
      <Table.Td data-numbers ta="right">
        {run.finalLoss == null ? <Unknown /> : measure(run.finalLoss)}
      </Table.Td>
      <Table.Td data-numbers ta="right" className={classes.short}>
        {run.durationSeconds == null ? <Unknown /> : duration(run.durationSeconds)}
      </Table.Td>
      <Table.Td className={classes.short} title={run.startedAt ?? undefined}>
        {run.startedAt ? dateTime(run.startedAt) : <Unknown />}
      </Table.Td>
      <Table.Td className={classes.notes}>
        <Notes run={run} />
      </Table.Td>
    </Table.Tr>
  );
});

function Notes({ run }: { run: Run }) {
  if (!run.errorMessage && run.notices.length === 0) return null;
  return (
    // Buttons in here act on the text; they do not choose the run.
    // biome-ignore lint/a11y/noStaticElementInteractions: it only keeps clicks from the row
    // biome-ignore lint/a11y/useKeyWithClickEvents: the row's own keyboard control is its button
    <div onClick={(event) => event.stopPropagation()}>
      <Stack gap={4}>
        {run.errorMessage ? <ErrorText name={run.runIdentifier} text={run.errorMessage} lines={2} /> : null}
        {run.notices.map((notice) => (
          <Text key={notice} fz="sm" className={classes.notice}>
            {notice}
          </Text>
        ))}
      </Stack>
    </div>
  );
}

function RemoveButton({ run }: { run: Run }) {
  const cancel = useConfirmedCancel();
  return (
    <Tooltip label={words.run.cancel}>
      <ActionIcon
        variant="subtle"
        color="gray"
        size="sm"
        aria-label={t.removeQueued(run.runIdentifier)}
        onClick={(event) => {
          event.stopPropagation();
          cancel(run);
        }}
      >
        <IconX size={14} aria-hidden />
      </ActionIcon>
    </Tooltip>
  );
}
