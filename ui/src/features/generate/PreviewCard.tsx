// The first five of a batch, to be looked at before it. Nothing of them is kept.

import { Box, CloseButton, Loader, Stack, Text } from "@mantine/core";
import type { Example } from "../../api/types";
import { Card } from "../../components/Card";
import { LongText } from "../../components/LongText";
import classes from "./generate.module.css";
import { QualityMark } from "./QualityMark";
import { QualityParts } from "./QualityParts";
import { words } from "./words";

const t = words.preview;

interface PreviewCardProps {
  /** Undefined while they are made. */
  examples: Example[] | undefined;
  /** Whether what is chosen now would begin with these. */
  isCurrent: boolean;
  titles: Map<string, string>;
  onClose: () => void;
}

export function PreviewCard({ examples, isCurrent, titles, onClose }: PreviewCardProps) {
  return (
    <Card
      title={t.title}
      aside={examples ? <CloseButton aria-label={t.close} onClick={onClose} /> : <Loader size="sm" />}
    >
      <Text fz="sm" c="dimmed" mb="sm" role="status">
        {!examples ? t.waiting : isCurrent ? t.meaning : t.changed}
      </Text>
      <Stack component="ol" gap="md" className={classes.plainList} data-testid="preview-list">
        {examples?.map((example) => (
          <li key={example.id}>
            <Text fz="xs" c="dimmed" className={classes.anywhere}>
              <QualityMark quality={example.quality} />{" "}
              {t.on(titles.get(example.genre ?? "") ?? example.genre ?? "", example.style)}
            </Text>
            <Box fz="sm">
              <LongText text={example.output || example.rejection?.words || t.none} lines={6} isProse />
            </Box>
            <QualityParts parts={example.parts} isFolded />
          </li>
        ))}
      </Stack>
    </Card>
  );
}
