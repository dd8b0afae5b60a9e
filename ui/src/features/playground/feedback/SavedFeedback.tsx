// What was said of answers, as it is kept: the newest first, the last one to be taken back.

import { Badge, Button, Group, Table, Text } from "@mantine/core";
import { type useSavedFeedback, useTakeFeedbackBack } from "../../../api/feedback";
import type { Feedback } from "../../../api/types";
import { LongText } from "../../../components/LongText";
import { count, dateTime } from "../../../components/quantity";
import { SavedCard } from "../SavedCard";
import { words } from "../words";
import classes from "./SavedFeedback.module.css";
import { VERDICT_COLORS } from "./verdicts";

const t = words.feedback;

export function SavedFeedback({ saved }: { saved: ReturnType<typeof useSavedFeedback> }) {
  const takeBack = useTakeFeedbackBack();
  const { feedback, total = 0, problem, retry, mayHaveMore, isLoadingMore, loadMore } = saved;
  return (
    <SavedCard
      title={t.saved}
      count={feedback?.length}
      problem={problem}
      onRetry={retry}
      empty={{ title: t.empty, firstStep: t.emptyStep }}
      last={feedback?.[0]}
      undoLabel={t.undoLast}
      undoTestId="undo-last"
      takeBack={takeBack}
    >
      <Table.ScrollContainer minWidth={640} type="native" role="group" aria-label={t.saved} tabIndex={0}>
        <Table verticalSpacing="xs" className={classes.table}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th w={148}>{t.columns.verdict}</Table.Th>
              <Table.Th>{t.columns.prompt}</Table.Th>
              <Table.Th>{t.columns.answer}</Table.Th>
              <Table.Th w={180}>{t.columns.model}</Table.Th>
              <Table.Th w={120}>{t.columns.time}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {feedback?.map((one) => (
              <Row key={one.id} feedback={one} />
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
      <Group gap="sm" fz="xs" c="dimmed" data-numbers>
        <span>{t.savedCount(count(feedback?.length ?? 0), count(total))}</span>
        {mayHaveMore ? (
          <Button variant="default" size="compact-sm" loading={isLoadingMore} onClick={loadMore}>
            {t.more}
          </Button>
        ) : null}
      </Group>
    </SavedCard>
  );
}

function Row({ feedback }: { feedback: Feedback }) {
  const { verdict, prompt, answer, editedAnswer, answerer, createdAt } = feedback;
  const given = answer === "" ? t.emptyAnswer : answer;
  return (
    <Table.Tr data-testid="saved-feedback">
      <Table.Td>
        <Badge variant="outline" color={VERDICT_COLORS[verdict]}>
          {t.verdicts[verdict]}
        </Badge>
      </Table.Td>
      <Table.Td>
        <LongText text={prompt} />
      </Table.Td>
      <Table.Td>
        <LongText text={editedAnswer ?? given} />
        {editedAnswer == null ? null : (
          <Text component="div" fz="xs" c="dimmed">
            <LongText text={t.insteadOf(given)} />
          </Text>
        )}
      </Table.Td>
      <Table.Td>
        <Text fz="sm" className={classes.model} title={answerer.model}>
          {answerer.model}
        </Text>
      </Table.Td>
      <Table.Td>
        <Text fz="xs" c="dimmed" data-numbers>
          {dateTime(createdAt)}
        </Text>
      </Table.Td>
    </Table.Tr>
  );
}
