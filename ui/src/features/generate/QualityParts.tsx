// What a quality consists of: each part with its value and what was found.

import { Progress, Stack, Text } from "@mantine/core";
import type { QualityPart } from "../../api/types";
import { Fold } from "../../components/Fold";
import classes from "./generate.module.css";
import { LINE, score } from "./score";
import { words } from "./words";

const t = words.quality;

export function QualityParts({ parts, isFolded = false }: { parts: QualityPart[]; isFolded?: boolean }) {
  if (parts.length === 0) return null;
  const list = (
    <Stack component="dl" gap="xs" className={classes.parts} data-testid="quality-parts">
      {parts.map(({ name, value, words: found }) => (
        <div key={name} className={classes.part}>
          <Text component="dt" fz="xs" fw={500}>
            {name.charAt(0).toUpperCase() + name.slice(1)}
          </Text>
          <Text component="dd" fz="xs" m={0} className={classes.value} data-numbers>
            {score(value)}
          </Text>
          <Progress
            component="dd"
            m={0}
            value={value * 100}
            size="sm"
            color={value >= LINE ? "var(--attune-done)" : "var(--attune-base)"}
            aria-hidden
          />
          <Text component="dd" fz="xs" c="dimmed" m={0} className={classes.found}>
            {found}
          </Text>
        </div>
      ))}
    </Stack>
  );
  return isFolded ? <Fold label={t.fold}>{list}</Fold> : list;
}
