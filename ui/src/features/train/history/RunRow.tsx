import { ActionIcon, Button, Checkbox, Group, Stack, Table, Text, Tooltip, UnstyledButton } from "@mantine/core";
import { IconX } from "@tabler/icons-react";
import { memo, type ReactNode, type RefCallback } from "react";
import { isUnfinished } from "../../../api/runs";
import type { Run } from "../../../api/types";
import { Digest } from "../../../components/Digest";
import { Unknown } from "../../../components/Facts";
import { count, dateTime, duration, measure } from "../../../components/quantity";
import { ErrorText } from "../run/ErrorText";
import { StatusBadge } from "../run/StatusBadge";
import { useConfirmedCancel } from "../run/StopRun";
import { useResume } from "../run/useResume";
import { words } from "../words";
import { RunActions } from "./RunActions";
import classes from "./RunRow.module.css";
import { Sparkline } from "./Sparkline";

const t = words.history;

interface RunRowProps {
  run: Run;
  /** Its place in the list, from 0. */
  index: number;
  /** Takes the height of what is drawn. */
  onDrawn: RefCallback<HTMLTableRowElement>;
  isShown: boolean;
  isChosen: boolean;
  isChoosable: boolean;
  onChoose: (runId: string) => void;
  onSelect: (runId: string) => void;
  onResumed: () => void;
}

export const RunRow = memo(function RunRow(props: RunRowProps) {
  const { run, index, onDrawn, isShown, isChosen, isChoosable, onChoose, onSelect, onResumed } = props;
  return (
    <Table.Tr
      ref={onDrawn}
      className={classes.row}
      // Below the heading, which is the first row.
      aria-rowindex={index + 2}
      data-index={index}
      data-shown={isShown || undefined}
      onClick={() => onSelect(run.id)}
      data-testid="history-row"
    >
      <Table.Td>
        <Apart>
          <Checkbox
            size="sm"
            className={classes.choice}
            aria-label={t.chooseRun(run.runIdentifier)}
            checked={isChosen}
            disabled={!isChoosable}
            onChange={() => onChoose(run.id)}
          />
        </Apart>
      </Table.Td>
      <Table.Td>
        <Group gap={4} wrap="nowrap">
          <StatusBadge run={run} />
          {run.status === "queued" ? <RemoveButton run={run} /> : null}
        </Group>
      </Table.Td>
      <Table.Td className={classes.name}>
        {/* The whole row takes a click; this is the same for the keyboard and for being read out. */}
        <UnstyledButton
          fz="sm"
          title={run.runIdentifier}
          aria-label={t.select(run.runIdentifier)}
          aria-pressed={isShown}
        >
          <Text fz="sm" truncate fw={isShown ? 600 : undefined}>
            {run.runIdentifier}
          </Text>
        </UnstyledButton>
        {run.adapterDigest ? <Digest value={run.adapterDigest} /> : null}
      </Table.Td>
      <Table.Td>
        <Sparkline run={run} />
      </Table.Td>
      <Table.Td data-numbers ta="right">
        {run.finalLoss == null ? <Unknown /> : measure(run.finalLoss)}
      </Table.Td>
      <Table.Td data-numbers ta="right">
        {run.validationLoss == null ? <Unknown /> : measure(run.validationLoss)}
      </Table.Td>
      <Table.Td data-numbers ta="right">
        {count(run.samplesUsed)}
      </Table.Td>
      <Table.Td data-numbers ta="right" className={classes.short}>
        {run.durationSeconds == null ? <Unknown /> : duration(run.durationSeconds)}
      </Table.Td>
      <Table.Td className={classes.short} title={run.startedAt ?? undefined}>
        {run.startedAt ? dateTime(run.startedAt) : <Unknown />}
      </Table.Td>
      <Table.Td className={classes.notes}>
        <Notes run={run} onResumed={onResumed} />
      </Table.Td>
      <Table.Td>
        <Apart>{isUnfinished(run) ? null : <RunActions run={run} />}</Apart>
      </Table.Td>
    </Table.Tr>
  );
});

/** Controls that act by themselves; they do not choose the run. */
function Apart({ children }: { children: ReactNode }) {
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: it only keeps clicks from the row
    // biome-ignore lint/a11y/useKeyWithClickEvents: the row's own keyboard control is its button
    <div onClick={(event) => event.stopPropagation()}>{children}</div>
  );
}

function Notes({ run, onResumed }: { run: Run; onResumed: () => void }) {
  if (!run.errorMessage && run.notices.length === 0 && !run.resumable) return null;
  return (
    <Apart>
      <Stack gap={4} align="flex-start">
        {run.errorMessage ? <ErrorText name={run.runIdentifier} text={run.errorMessage} lines={2} /> : null}
        {run.notices.map((notice) => (
          <Text key={notice} fz="sm" lineClamp={3} title={notice} className={classes.notice}>
            {notice}
          </Text>
        ))}
        {run.resumable ? <ResumeButton run={run} onResumed={onResumed} /> : null}
      </Stack>
    </Apart>
  );
}

function ResumeButton({ run, onResumed }: { run: Run; onResumed: () => void }) {
  const { resume, isPending } = useResume(onResumed);
  return (
    <Tooltip label={words.run.resumeMeaning}>
      <Button
        variant="default"
        size="compact-xs"
        loading={isPending}
        aria-label={t.resume(run.runIdentifier)}
        onClick={() => resume(run)}
      >
        {words.run.resume}
      </Button>
    </Tooltip>
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
