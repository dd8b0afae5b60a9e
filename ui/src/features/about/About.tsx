// What this program is, under which terms, and where it keeps things. Opened by the version in the navigation.

import { Button, Group, Modal, Stack, Text, UnstyledButton } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useApi } from "../../api/client";
import { Mark } from "../../components/Mark";
import classes from "./About.module.css";
import { words } from "./words";

export function About() {
  const { data: status } = useApi().doors.useQuery("get", "/api/v1/status");
  const [isOpen, { open, close }] = useDisclosure(false);
  if (!status) return null;
  const facts = [
    { name: words.facts.licence, value: words.licence },
    { name: words.facts.fonts, value: words.fonts },
    { name: words.facts.dataFolder, value: status.dataFolder, isPath: true },
    { name: words.facts.owner, value: words.process(words.kinds[status.owner.kind], status.owner.processId) },
    { name: words.facts.address, value: status.owner.address ?? words.noAddress },
  ];
  return (
    <>
      <UnstyledButton
        className={classes.version}
        onClick={open}
        data-testid="about"
        aria-label={words.open(status.version)}
      >
        {words.version(status.version)}
      </UnstyledButton>
      <Modal opened={isOpen} onClose={close} title={words.title} closeButtonProps={{ "aria-label": words.close }}>
        <Stack gap="md">
          <Group gap="md" wrap="nowrap">
            <Mark size={48} />
            <div>
              <Text fw={600}>{words.version(status.version)}</Text>
              <Text fz="sm" c="dimmed">
                {words.what}
              </Text>
            </div>
          </Group>
          <dl className={classes.facts}>
            {facts.map(({ name, value, isPath }) => (
              <div key={name}>
                <Text component="dt" fz="xs" c="dimmed">
                  {name}
                </Text>
                <Text component="dd" fz="sm" m={0} ff={isPath ? "monospace" : undefined} className={classes.value}>
                  {value}
                </Text>
              </div>
            ))}
          </dl>
          <Text fz="sm">{words.network}</Text>
          <Group justify="flex-end">
            <Button variant="default" onClick={close}>
              {words.close}
            </Button>
          </Group>
        </Stack>
      </Modal>
    </>
  );
}
