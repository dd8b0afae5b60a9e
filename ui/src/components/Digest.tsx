// A digest in its short form; a click copies the whole.

import { CopyButton, Tooltip, UnstyledButton } from "@mantine/core";
import { IconCheck, IconCopy } from "@tabler/icons-react";
import classes from "./Digest.module.css";
import { shortDigest } from "./quantity";
import { words } from "./words";

export function Digest({ value }: { value: string }) {
  return (
    <CopyButton value={value}>
      {({ copied, copy }) => (
        <Tooltip label={copied ? words.copied : words.copyDigest(value)} className={classes.tooltip}>
          <UnstyledButton
            className={classes.digest}
            aria-label={words.copyDigestOf(shortDigest(value))}
            onClick={(event) => {
              // The digest often stands in a row that has a click of its own.
              event.stopPropagation();
              copy();
            }}
          >
            {shortDigest(value)}
            {copied ? <IconCheck size={14} aria-hidden /> : <IconCopy size={14} aria-hidden />}
          </UnstyledButton>
        </Tooltip>
      )}
    </CopyButton>
  );
}
