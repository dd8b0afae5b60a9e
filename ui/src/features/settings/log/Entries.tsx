// Entries of the log below each other; a request's id narrows the log to that request.

import { Badge, Text, UnstyledButton } from "@mantine/core";
import type { LogEntry } from "../../../api/types";
import { words } from "../words";
import classes from "./LogCard.module.css";
import { timeOfDay } from "./timeOfDay";

const t = words.log;

const COLORS = {
  error: "var(--attune-failure)",
  warning: "var(--attune-warning)",
  info: "var(--mantine-color-dimmed)",
  debug: "var(--mantine-color-dimmed)",
};

interface EntriesProps {
  entries: LogEntry[];
  onRequest: (id: string) => void;
}

export function Entries({ entries, onRequest }: EntriesProps) {
  return (
    <ol className={classes.entries} aria-label={t.entries}>
      {entries.map(({ position, at, level, requestId, text }) => (
        <li key={position} className={classes.entry} data-testid="log-entry">
          <Text component="time" dateTime={at} fz="xs" ff="monospace" c="dimmed" title={at}>
            {timeOfDay(at)}
          </Text>
          <Badge variant="outline" color={COLORS[level]} tt="none" fw={500} radius="sm" size="sm">
            {t.names[level]}
          </Badge>
          <div className={classes.what}>
            <Text fz="xs" ff="monospace" className={classes.text}>
              {text}
            </Text>
            {requestId ? (
              <UnstyledButton
                className={classes.request}
                aria-label={t.onlyRequest(requestId)}
                onClick={() => onRequest(requestId)}
              >
                {requestId}
              </UnstyledButton>
            ) : null}
          </div>
        </li>
      ))}
    </ol>
  );
}
