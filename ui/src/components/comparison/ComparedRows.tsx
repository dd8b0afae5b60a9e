// The rows of a comparison: what was asked and expected, and what each model said.

import { Button, SegmentedControl, Stack, Text, VisuallyHidden } from "@mantine/core";
import { IconCheck, IconX } from "@tabler/icons-react";
import { memo, useState } from "react";
import { count } from "../quantity";
import classes from "./comparison.module.css";
import { wordDifferences } from "./wordDifferences";
import { words } from "./words";

export interface Row {
  input: string;
  expected: string;
  base: string;
  tuned: string;
  baseIsExact: boolean;
  tunedIsExact: boolean;
}

/** Shown at first; the rest on request. */
const FEW = 12;

type Shown = "all" | "missed";

export function ComparedRows({ rows }: { rows: Row[] }) {
  const [shown, show] = useState<Shown>("all");
  const [isWhole, showWhole] = useState(false);
  const chosen = shown === "all" ? rows : rows.filter(({ tunedIsExact }) => !tunedIsExact);
  const listed = isWhole ? chosen : chosen.slice(0, FEW);
  return (
    <Stack gap="sm">
      <div className={classes.tools}>
        <SegmentedControl
          size="xs"
          aria-label={words.show}
          value={shown}
          onChange={(value) => show(value as Shown)}
          data={[
            { value: "all", label: words.all },
            { value: "missed", label: words.missed },
          ]}
        />
        <Text fz="sm" c="dimmed">
          {words.key}
        </Text>
      </div>
      <table className={classes.rows} aria-label={words.rows}>
        <thead>
          <tr>
            {[words.asked, words.expected, words.base, words.tuned].map((name) => (
              <th key={name} scope="col">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {listed.map((row, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: a row never moves, and its words may come twice
            <ComparedRow key={index} row={row} />
          ))}
        </tbody>
      </table>
      {shown === "missed" && chosen.length === 0 ? <Text fz="sm">{words.nothingMissed}</Text> : null}
      {chosen.length > listed.length ? (
        <Button variant="default" size="xs" w="fit-content" onClick={() => showWhole(true)}>
          {words.more(count(chosen.length))}
        </Button>
      ) : null}
    </Stack>
  );
}

const ComparedRow = memo(function ComparedRow({ row }: { row: Row }) {
  return (
    <tr data-testid="compared-row">
      <th scope="row">{row.input}</th>
      <td data-name={words.expected}>{row.expected}</td>
      <td data-name={words.base}>
        <Answer text={row.base} expected={row.expected} isExact={row.baseIsExact} />
      </td>
      <td data-name={words.tuned} data-exact={row.tunedIsExact}>
        <Answer text={row.tuned} expected={row.expected} isExact={row.tunedIsExact} />
      </td>
    </tr>
  );
});

interface AnswerProps {
  text: string;
  expected: string;
  isExact: boolean;
}

/** With a sign for the whole, which is not a matter of colour, and the words that are not the expected ones marked. */
function Answer({ text, expected, isExact }: AnswerProps) {
  const Sign = isExact ? IconCheck : IconX;
  return (
    <span className={classes.answer}>
      <Sign size={16} className={isExact ? classes.exact : classes.differs} aria-hidden />
      <span>
        <VisuallyHidden>{isExact ? words.isExact : words.differs}: </VisuallyHidden>
        {text === "" ? <em>{words.empty}</em> : null}
        {wordDifferences(text, expected).map((piece, index) =>
          piece.isExpected ? (
            piece.text
          ) : (
            // biome-ignore lint/suspicious/noArrayIndexKey: pieces never move
            <mark key={index} className={classes.unexpected}>
              {piece.text}
            </mark>
          ),
        )}
      </span>
    </span>
  );
}
