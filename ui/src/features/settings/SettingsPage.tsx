// What can be set and what is to be known of this Attune, in sections of which one is open.

import { Box, Tabs, Title } from "@mantine/core";
import classes from "./SettingsPage.module.css";
import { General, type Pick } from "./values/General";
import { words } from "./words";

interface SettingsPageProps {
  pick: Pick;
}

export function SettingsPage({ pick }: SettingsPageProps) {
  return (
    <Box className={classes.page}>
      <Title order={1} mb="md">
        {words.title}
      </Title>
      <Tabs defaultValue="general" keepMounted={false}>
        <Tabs.List aria-label={words.sections} mb="md">
          <Tabs.Tab value="general">{words.tabs.general}</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="general">
          <General pick={pick} />
        </Tabs.Panel>
      </Tabs>
    </Box>
  );
}
