// One example as a whole: what was asked, what came, why it has this quality, where it comes from.

import { Button, Group, Kbd, Stack, Text, Textarea, Title } from "@mantine/core";
import { useEffect, useRef } from "react";
import type { Example } from "../../../api/types";
import { StateBadge } from "../../../components/StateBadge";
import generate from "../generate.module.css";
import { QualityMark } from "../QualityMark";
import { QualityParts } from "../QualityParts";
import { words } from "../words";
import { STATUS_LOOKS } from "./ExampleList";
import { Origin } from "./Origin";
import classes from "./review.module.css";
import { Twin } from "./Twin";

const t = words.review;

interface ExampleDetailProps {
  example: Example;
  position: string;
  titles: Map<string, string>;
  edited: string | undefined;
  onEdit: (output: string | undefined) => void;
  onSave: () => void;
  onAccept: () => void;
  onReject: () => void;
  onUndo: () => void;
}

export function ExampleDetail(props: ExampleDetailProps) {
  const { example, position, titles, edited, onEdit, onSave, onAccept, onReject, onUndo } = props;
  const { status, quality, input, output, originalOutput, rejection, parts, reviewedAt } = example;
  const looks = STATUS_LOOKS[status];
  const label = reviewedAt === null ? t.statuses[status] : `${t.statuses[status]} ${t.yours}`;
  const whole = useRef<HTMLElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another example is read from its beginning
  useEffect(() => {
    if (whole.current) whole.current.scrollTop = 0;
  }, [example.id]);
  return (
    <section ref={whole} className={classes.detail} aria-label={position} data-testid="example">
      <Group justify="space-between" gap="xs" className={classes.decide}>
        <Group gap="xs">
          <StateBadge {...looks} label={label} data-testid="example-status" />
          <Text fz="sm" fw={600}>
            <QualityMark quality={quality} />
          </Text>
          <Text fz="xs" c="dimmed" data-numbers>
            {position}
          </Text>
        </Group>
        <Group gap={6}>
          <Decision label={t.accept} letter="a" onClick={onAccept} />
          <Decision label={t.reject} letter="r" onClick={onReject} />
          <Decision label={t.edit} letter="e" onClick={() => onEdit(output)} />
          <Decision label={t.undo} letter="u" onClick={onUndo} />
        </Group>
      </Group>
      <Stack gap="md">
        <Part title={t.asked}>
          <Text className={generate.output}>{input}</Text>
        </Part>
        {edited === undefined ? (
          <div className={originalOutput === null ? undefined : classes.beside}>
            <Part title={originalOutput === null ? t.output : t.editLabel}>
              <Text className={generate.output} data-testid="example-output">
                {output || t.noText}
              </Text>
            </Part>
            {originalOutput === null ? null : <Original text={originalOutput} />}
          </div>
        ) : (
          <div className={classes.beside}>
            <Editor key={example.id} edited={edited} onEdit={onEdit} onSave={onSave} />
            <Original text={originalOutput ?? output} />
          </div>
        )}
        {rejection ? (
          <Text fz="sm" c="var(--attune-failure)" className={generate.anywhere} data-testid="rejection">
            {rejection.words}
          </Text>
        ) : null}
        {rejection?.twinOf ? <Twin id={rejection.twinOf} /> : null}
        {parts.length > 0 ? (
          <Part title={t.quality}>
            <QualityParts parts={parts} />
          </Part>
        ) : null}
        <Origin example={example} titles={titles} />
      </Stack>
    </section>
  );
}

function Decision({ label, letter, onClick }: { label: string; letter: string; onClick: () => void }) {
  return (
    <Button
      variant="default"
      size="compact-sm"
      rightSection={<Kbd size="xs">{letter}</Kbd>}
      aria-keyshortcuts={letter}
      aria-label={label}
      onClick={onClick}
    >
      {label}
    </Button>
  );
}

function Part({ title, children }: { title: string; children: React.ReactNode }) {
  return (
    <div>
      <Title order={3} className={classes.partTitle}>
        {title}
      </Title>
      {children}
    </div>
  );
}

function Original({ text }: { text: string }) {
  return (
    <Part title={t.original}>
      <Text className={generate.output} c="dimmed" data-testid="example-original">
        {text || t.noText}
      </Text>
    </Part>
  );
}

interface EditorProps {
  edited: string;
  onEdit: (output: string | undefined) => void;
  onSave: () => void;
}

function Editor({ edited, onEdit, onSave }: EditorProps) {
  const field = useRef<HTMLTextAreaElement>(null);
  // Whoever wants to edit wants to type, and most often goes on at the end.
  useEffect(() => {
    const element = field.current;
    element?.focus();
    element?.setSelectionRange(element.value.length, element.value.length);
  }, []);
  const isText = edited.trim() !== "";
  return (
    <Stack gap="xs">
      <Textarea
        ref={field}
        label={t.editLabel}
        description={t.saveKeys}
        autosize
        minRows={4}
        maxRows={16}
        value={edited}
        onChange={(event) => onEdit(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key === "Escape") onEdit(undefined);
          if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && isText) onSave();
        }}
        data-testid="example-editor"
      />
      <Group gap="xs">
        <Button size="compact-sm" disabled={!isText} onClick={onSave}>
          {t.save}
        </Button>
        <Button size="compact-sm" variant="default" onClick={() => onEdit(undefined)}>
          {t.cancel}
        </Button>
      </Group>
    </Stack>
  );
}
