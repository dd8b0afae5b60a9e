// The base models on this computer, and two ways to bring more: a download, or a folder. In a dialog of the run's form,
// where one is chosen, and on a page of its own.

import { Badge, Button, Divider, Group, Skeleton, Stack, Text, Title, Tooltip } from "@mantine/core";
import { IconAlertTriangle, IconShieldCheck } from "@tabler/icons-react";
import { type ReactNode, useId } from "react";
import { useBases } from "../../../api/bases";
import type { Base } from "../../../api/types";
import { ProblemNotice } from "../../../components/ProblemNotice";
import { millions, size } from "../../../components/quantity";
import { words } from "../words";
import classes from "./Bases.module.css";
import { Downloads } from "./Downloads";
import { ImportFolder, type PickFolder } from "./ImportFolder";

const t = words.bases;

interface Use {
  /** The name that a run would take now, or `auto`. */
  inUse: string;
  onUse: (name: string) => void;
}

interface BasesProps {
  /** Absent where there is no run to choose one for. */
  use?: Use;
  pickFolder: PickFolder | undefined;
}

export function Bases({ use, pickFolder }: BasesProps) {
  return (
    <Stack gap="md" data-testid="bases">
      <Section title={t.onComputer}>
        <OnComputer use={use} />
      </Section>
      <Divider />
      <Section title={t.download}>
        <Downloads />
      </Section>
      <Divider />
      <Section title={t.importTitle}>
        <ImportFolder pickFolder={pickFolder} onImported={use?.onUse} />
      </Section>
    </Stack>
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

function OnComputer({ use }: { use: Use | undefined }) {
  const bases = useBases();
  if (bases.error) return <ProblemNotice problem={bases.error} onRetry={() => void bases.refetch()} />;
  if (!bases.data) return <Skeleton height={96} role="status" aria-label={words.loading} />;
  if (bases.data.length === 0) return <ProblemNotice problem={{ message: t.none, hint: words.base.noneHint }} />;
  return (
    <Stack component="ul" gap={0} className={classes.list}>
      {bases.data.map((base) => (
        <Entry key={base.name} base={base} use={use} />
      ))}
    </Stack>
  );
}

function Entry({ base, use }: { base: Base; use: Use | undefined }) {
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
      {use ? <UseButton base={base} {...use} /> : null}
    </Group>
  );
}

function UseButton({ base, inUse, onUse }: Use & { base: Base }) {
  const isInUse = inUse === base.name || (inUse === "auto" && base.chosenByAuto);
  return (
    <Button
      variant="default"
      size="compact-xs"
      disabled={isInUse}
      aria-label={isInUse ? undefined : t.use(base.name)}
      onClick={() => onUse(base.name)}
    >
      {isInUse ? t.inUse : t.useShort}
    </Button>
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
