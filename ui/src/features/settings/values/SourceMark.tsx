// Where a value comes from: the kind as a badge, and the variable or option by name.

import { Badge, Text } from "@mantine/core";
import type { Origin } from "../../../api/types";
import { words } from "../words";
import classes from "./values.module.css";

const t = words.values;

export function SourceMark({ source }: { source: Origin }) {
  const detail = detailOf(source);
  return (
    <div className={classes.source}>
      <Badge
        variant="outline"
        color={source.kind === "default" ? "var(--mantine-color-dimmed)" : "accent"}
        tt="none"
        fw={500}
        radius="sm"
        data-testid="source"
      >
        {t.sources[source.kind]}
      </Badge>
      {detail ? (
        <Text fz="xs" c="dimmed" ff="monospace" className={classes.anywhere}>
          {detail}
        </Text>
      ) : null}
    </div>
  );
}

function detailOf(source: Origin): string | undefined {
  if (source.kind === "environment") return source.file ? t.inFile(source.variable, source.file) : source.variable;
  return source.kind === "commandLine" ? source.option : undefined;
}
