// The way back to what would decide a value without what is stored here.

import { Button } from "@mantine/core";
import type { SettingSource } from "../../../api/types";
import { words } from "../words";

const t = words.values;

interface ResetProps {
  setting: SettingSource;
  label: string;
  disabled: boolean;
  onReset: () => void;
}

export function Reset({ setting: { otherwise, otherwiseSource, source }, label, disabled, onReset }: ResetProps) {
  if (source.kind !== "here") return null;
  const what = t.resetOf(label, shown(otherwise), t.sources[otherwiseSource.kind]);
  return (
    <Button
      variant="subtle"
      size="compact-xs"
      px={4}
      disabled={disabled}
      aria-label={what}
      title={what}
      onClick={onReset}
    >
      {t.reset}
    </Button>
  );
}

/** A value as a sentence names it. */
function shown(value: unknown): string {
  if (typeof value === "boolean") return value ? t.on : t.off;
  if (value === null || value === "") return t.notSet.toLowerCase();
  return value === "auto" ? t.choices.auto(undefined) : String(value);
}
