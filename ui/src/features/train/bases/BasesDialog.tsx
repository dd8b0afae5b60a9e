// The base models on this computer, and two ways to bring more: a download, or a folder.

import { Badge, Button, Divider, Group, Modal, Skeleton, Stack, Text, Title, Tooltip } from "@mantine/core";
import { IconAlertTriangle, IconShieldCheck } from "@tabler/icons-react";
import { type ReactNode, useId } from "react";
import { useBases } from "../../../api/bases";
import type { Base } from "../../../api/types";
import { ProblemNotice } from "../../../components/ProblemNotice";
import { millions, size } from "../../../components/quantity";
import { words } from "../words";
import classes from "./BasesDialog.module.css";
import { Downloads } from "./Downloads";
import { ImportFolder, type PickFolder } from "./ImportFolder";

const t = words.bases;

interface UseProps {
  /** The name that a run would take now, or `auto`. */
  inUse: string;
  onUse: (name: string) => void;
}

interface BasesDialogProps extends UseProps {
  opened: boolean;
  onClose: () => void;
  pickFolder: PickFolder | undefined;
}

export function BasesDialog({ opened, onClose, inUse, onUse, pickFolder }: BasesDialogProps) {
  return (
    <Modal opened={opened} onClose={onClose} title={t.title} size="lg">
      <Stack gap="md" data-testid="bases-dialog">
        <Section title={t.onComputer}>
          <OnComputer inUse={inUse} onUse={onUse} />
        </Section>
        <Divider />
        <Section title={t.download}>
          <Downloads />
        </Section>
        <Divider />
        <Section title={t.importTitle}>
          <ImportFolder pickFolder={pickFolder} onImported={onUse} />
        </Section>
      </Stack>
    </Modal>
  );
}

function Section({ title, children }: { title: string; children: ReactNode }) {
  const id = useId();
  return (
    <section aria-labelledby={id}>
      <Title order={3} id={id} fz="sm" mb="xs">
        {title}
      </Title>
      {children}
    </section>
  );
}

function OnComputer(props: UseProps) {
  const bases = useBases();
  if (bases.error) return <ProblemNotice problem={bases.error} onRetry={() => void bases.refetch()} />;
  if (!bases.data) return <Skeleton height={96} role="status" aria-label={words.loading} />;
  if (bases.data.length === 0) return <ProblemNotice problem={{ message: t.none, hint: words.base.noneHint }} />;
  return (
    <Stack component="ul" gap={0} className={classes.list}>
      {bases.data.map((base) => (
        <Entry key={base.name} base={base} {...props} />
      ))}
    </Stack>
  );
}

function Entry({ base, inUse, onUse }: UseProps & { base: Base }) {
  const isInUse = inUse === base.name || (inUse === "auto" && base.chosenByAuto);
  const about = [
    t.describe(millions(base.parameters), size(base.sizeBytes)),
    base.bundled && t.bundled,
    base.chosenByAuto && t.automatic,
  ];
  return (
    <Group component="li" gap="sm" wrap="nowrap" className={classes.entry}>
      <div className={classes.about}>
        <Text fz="sm" fw={500} className={classes.name}>
          {base.name}
        </Text>
        <Text fz="xs" c="dimmed">
          {about.filter(Boolean).join(" · ")}
        </Text>
      </div>
      <Verified base={base} />
      <Button
        variant="default"
        size="compact-xs"
        disabled={isInUse}
        aria-label={isInUse ? undefined : t.use(base.name)}
        onClick={() => onUse(base.name)}
      >
        {isInUse ? t.inUse : t.useShort}
      </Button>
    </Group>
  );
}

function Verified({ base }: { base: Base }) {
  const [label, meaning] = base.verified ? [t.verified, t.verifiedMeaning] : [t.unverified, t.unverifiedMeaning];
  const Icon = base.verified ? IconShieldCheck : IconAlertTriangle;
  return (
    <Tooltip label={meaning}>
      <Badge
        variant="outline"
        color={base.verified ? "var(--attune-done)" : "var(--attune-warning)"}
        tt="none"
        fw={500}
        radius="sm"
        flex="none"
        leftSection={<Icon size={12} aria-hidden />}
      >
        {label}
      </Badge>
    </Tooltip>
  );
}
