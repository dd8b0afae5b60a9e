// The data folder: where it is, how much of what lies in it, and how much room is left.

import { Button, Group, Loader, Table, Text } from "@mantine/core";
import { IconFolderOpen, IconRefresh } from "@tabler/icons-react";
import { useMutation } from "@tanstack/react-query";
import { useStorage } from "../../../api/account";
import type { Storage } from "../../../api/types";
import { Card } from "../../../components/Card";
import { Notice } from "../../../components/Notice";
import { ProblemNotice } from "../../../components/ProblemNotice";
import { count, size } from "../../../components/quantity";
import { words } from "../words";
import classes from "./DataCard.module.css";
import { bytesInFolder } from "./total";

const t = words.data;

interface DataCardProps {
  /** Shows the folder in the system's file manager; absent where there is none. */
  openFolder: (() => Promise<void>) | undefined;
}

export function DataCard({ openFolder }: DataCardProps) {
  const storage = useStorage();
  const again = (
    <Button
      variant="default"
      size="xs"
      leftSection={<IconRefresh size={14} aria-hidden />}
      loading={storage.isFetching}
      onClick={() => void storage.refetch()}
    >
      {t.measure}
    </Button>
  );
  return (
    <Card title={t.title} aside={again}>
      <Text fz="sm" c="dimmed" mb="sm">
        {t.meaning}
      </Text>
      {storage.error ? <ProblemNotice problem={storage.error} onRetry={() => void storage.refetch()} /> : null}
      {storage.data ? <Measured storage={storage.data} openFolder={openFolder} /> : null}
      {storage.isPending ? (
        <Group gap="xs" role="status">
          <Loader size="xs" aria-hidden />
          <Text fz="sm">{t.measuring}</Text>
        </Group>
      ) : null}
    </Card>
  );
}

function Measured({ storage, openFolder }: DataCardProps & { storage: Storage }) {
  const opening = useMutation({ mutationFn: async () => openFolder?.() });
  const problems = storage.stored.flatMap(({ problem }) => problem ?? []);
  return (
    <>
      <Group gap="sm" mb="sm">
        <Text fz="sm" ff="monospace" className={classes.path} data-testid="data-folder">
          {storage.folder}
        </Text>
        {openFolder ? (
          <Button
            variant="default"
            size="xs"
            leftSection={<IconFolderOpen size={14} aria-hidden />}
            onClick={() => opening.mutate()}
          >
            {t.open}
          </Button>
        ) : null}
      </Group>
      {opening.error ? <ProblemNotice problem={{ message: String(opening.error) }} /> : null}
      <Table.ScrollContainer minWidth={560}>
        <Table verticalSpacing="xs" data-testid="storage">
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{t.columns.kind}</Table.Th>
              <Table.Th ta="right">{t.columns.size}</Table.Th>
              <Table.Th ta="right">{t.columns.files}</Table.Th>
              <Table.Th>{t.columns.where}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {storage.stored.map(({ kind, bytes, files, path }) => (
              <Table.Tr key={kind} data-testid={`stored-${kind}`}>
                <Table.Td>{t.kinds[kind]}</Table.Td>
                <Table.Td ta="right" data-numbers>
                  {size(bytes)}
                </Table.Td>
                <Table.Td ta="right" data-numbers>
                  {count(files)}
                </Table.Td>
                <Table.Td className={classes.path} ff="monospace" fz="xs">
                  {path}
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
          <Table.Tfoot className={classes.total}>
            <Table.Tr>
              <Table.Th scope="row">{t.total}</Table.Th>
              <Table.Td ta="right" fw={600} data-numbers>
                {size(bytesInFolder(storage))}
              </Table.Td>
              <Table.Th />
              <Table.Th fw={400}>
                {storage.freeBytes === null ? t.freeUnknown : t.free(size(storage.freeBytes))}
              </Table.Th>
            </Table.Tr>
          </Table.Tfoot>
        </Table>
      </Table.ScrollContainer>
      <Text fz="xs" c="dimmed" mt="xs">
        {t.elsewhere}
      </Text>
      {problems.map((problem) => (
        <Notice key={problem} text={problem} />
      ))}
    </>
  );
}
