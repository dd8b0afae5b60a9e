// What can be set and what is to be known of this Attune, in sections of which one is open.

import { Box, Tabs, Title } from "@mantine/core";
import type { ReactNode } from "react";
import { Card } from "../../components/Card";
import { DataCard } from "./data/DataCard";
import { EndpointsCard } from "./endpoints/EndpointsCard";
import { HealthCard } from "./health/HealthCard";
import { LogCard } from "./log/LogCard";
import { openSection, SECTIONS, type Section, useSection } from "./place";
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
  const section = useSection();
  const contents: Record<Section, ReactNode> = {
    general: <General pick={pick} isServed={isServed} />,
    data: <DataCard openFolder={openFolder} />,
    bases: <Card title={words.tabs.bases}>{bases}</Card>,
    endpoints: <EndpointsCard />,
    health: <HealthCard />,
    log: <LogCard />,
  };
  return (
    <Box className={classes.page}>
      <Title order={1} mb="md">
        {words.title}
      </Title>
      <Tabs value={section} onChange={openSection} keepMounted={false}>
        <Tabs.List aria-label={words.sections} mb="md">
          {SECTIONS.map((name) => (
            <Tabs.Tab key={name} value={name}>
              {words.tabs[name]}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        {SECTIONS.map((name) => (
          <Tabs.Panel key={name} value={name}>
            {contents[name]}
          </Tabs.Panel>
        ))}
      </Tabs>
    </Box>
  );
}
