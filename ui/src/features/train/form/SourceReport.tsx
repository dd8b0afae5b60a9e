// What was found in a database, before anything is trained on it.

import { Stack, Text } from "@mantine/core";
import type { Source } from "../../../api/types";
import { Notice } from "../../../components/Notice";
import { count } from "../../../components/quantity";
import { words } from "../words";
import classes from "./SourceReport.module.css";

const t = words.dataset;

export function SourceReport({ source }: { source: Source }) {
  return (
    <Stack gap="xs" role="status" data-testid="source-report">
      <Text fz="sm" fw={500}>
        {t.usable(count(source.usable), count(source.rows))} ·{" "}
        {t.answers(source.distinctAnswers, count(source.distinctAnswers))}
      </Text>
      {source.notices.map((notice) => (
        <Notice key={notice} text={notice} />
      ))}
      <Preview rows={source.sampleRows} />
    </Stack>
  );
}

function Preview({ rows }: { rows: Source["sampleRows"] }) {
  if (rows.length === 0) return null;
  return (
    <div>
      <Text fz="xs" c="dimmed" mb={4} id="first-rows">
        {t.preview}
      </Text>
      {/* It scrolls, so the keyboard must reach it. */}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region is operable */}
      <section className={classes.rows} aria-labelledby="first-rows" tabIndex={0}>
        <dl>
          {rows.map((row, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: rows have no id, may repeat, and never move
            <div key={index} className={classes.row}>
              <dt title={t.input}>{row.input}</dt>
              <dd title={t.output}>{row.output}</dd>
            </div>
          ))}
        </dl>
      </section>
    </div>
  );
}
