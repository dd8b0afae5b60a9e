// How the blind votes between each two models went so far.

import { Table, Text } from "@mantine/core";
import { useTakeVoteBack, useVotes } from "../../../api/feedback";
import type { Answerer } from "../../../api/types";
import { count, shortDigest } from "../../../components/quantity";
import { SavedCard } from "../SavedCard";
import { words } from "../words";
import classes from "./TallyCard.module.css";

const t = words.blind;

export function TallyCard() {
  const { tallies, last, problem, retry } = useVotes();
  const takeBack = useTakeVoteBack();
  return (
    <SavedCard
      title={t.tally}
      count={tallies?.length}
      problem={problem}
      onRetry={retry}
      empty={{ title: t.tallyEmpty, firstStep: t.tallyStep }}
      last={last}
      undoLabel={t.undoLast}
      takeBack={takeBack}
    >
      <Table.ScrollContainer minWidth={560} type="native" role="group" aria-label={t.tally} tabIndex={0}>
        <Table verticalSpacing="xs" className={classes.table} data-numbers>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{t.columns.first}</Table.Th>
              <Table.Th w={72}>{t.columns.firstWins}</Table.Th>
              <Table.Th w={72}>{t.columns.ties}</Table.Th>
              <Table.Th w={88}>{t.columns.bothBad}</Table.Th>
              <Table.Th w={72}>{t.columns.secondWins}</Table.Th>
              <Table.Th>{t.columns.second}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {tallies?.map(({ first, second, firstWins, secondWins, ties, bothBad }) => (
              <Table.Tr key={`${weights(first)} ${weights(second)}`} data-testid="tally">
                <Table.Td>
                  <Name of={first} />
                </Table.Td>
                <Table.Td fw={600}>{count(firstWins)}</Table.Td>
                <Table.Td>{count(ties)}</Table.Td>
                <Table.Td>{count(bothBad)}</Table.Td>
                <Table.Td fw={600}>{count(secondWins)}</Table.Td>
                <Table.Td>
                  <Name of={second} />
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
    </SavedCard>
  );
}

function Name({ of }: { of: Answerer }) {
  return (
    <>
      <Text fz="sm" lineClamp={2} title={of.model} className={classes.name}>
        {of.model}
      </Text>
      <Text fz="xs" c="dimmed" ff="monospace">
        {shortDigest(of.adapterDigest ?? of.baseDigest)}
      </Text>
    </>
  );
}

function weights({ baseDigest, adapterDigest }: Answerer): string {
  return `${baseDigest} ${adapterDigest}`;
}
