// What can be set and what is to be known of this Attune, in sections of which one is open.

import { Box, Tabs, Title } from "@mantine/core";
import type { ReactNode } from "react";
import { Card } from "../../components/Card";
import { DataCard } from "./data/DataCard";
import { HealthCard } from "./health/HealthCard";
import { LogCard } from "./log/LogCard";
import classes from "./SettingsPage.module.css";
import { General, type Pick } from "./values/General";
import { words } from "./words";

interface SettingsPageProps {
  pick: Pick;
  /** Shows the data folder in the system's file manager; absent where there is none. */
  openFolder: (() => Promise<void>) | undefined;
  /** The base models of this computer: another feature's, which shows them where a run chooses one. */
  bases: ReactNode;
  /** Whether this page came over the network address of Attune, not from its window. */
  isServed: boolean;
}

export function SettingsPage({ pick, openFolder, bases, isServed }: SettingsPageProps) {
  const sections = [
    { id: "general", label: words.tabs.general, content: <General pick={pick} isServed={isServed} /> },
    { id: "data", label: words.tabs.data, content: <DataCard openFolder={openFolder} /> },
    { id: "bases", label: words.tabs.bases, content: <Card title={words.tabs.bases}>{bases}</Card> },
    { id: "health", label: words.tabs.health, content: <HealthCard /> },
    { id: "log", label: words.tabs.log, content: <LogCard /> },
  ];
  return (
    <Box className={classes.page}>
      <Title order={1} mb="md">
        {words.title}
      </Title>
      <Tabs defaultValue="general" keepMounted={false}>
        <Tabs.List aria-label={words.sections} mb="md">
          {sections.map(({ id, label }) => (
            <Tabs.Tab key={id} value={id}>
              {label}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        {sections.map(({ id, content }) => (
          <Tabs.Panel key={id} value={id}>
            {content}
          </Tabs.Panel>
        ))}
      </Tabs>
    </Box>
  );
}
