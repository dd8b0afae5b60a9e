// The frame around every page: navigation at the left, status strip below. Before it, once, the first start.

import { AppShell, Group, NavLink, Stack, Text } from "@mantine/core";
import { useHash } from "@mantine/hooks";
import { Mark } from "../components/Mark";
import { About } from "../features/about/About";
import { platform } from "../platform";
import { FirstStart } from "./FirstStart";
import classes from "./Frame.module.css";
import { pageAt, pages } from "./pages";
import { StatusStrip } from "./StatusStrip";
import { WindowMessages } from "./WindowMessages";
import { words } from "./words";

export function Frame() {
  return (
    <>
      <FirstStart>
        <Pages />
      </FirstStart>
      {platform.window ? <WindowMessages window={platform.window} /> : null}
    </>
  );
}

function Pages() {
  const [hash] = useHash({ getInitialValueInEffect: false });
  const page = pageAt(hash);
  return (
    <AppShell
      // Below the breakpoint only one page exists to go to, so the navigation may go and leave its room to the page.
      navbar={{ width: 176, breakpoint: "sm", collapsed: { mobile: true } }}
      footer={{ height: 32 }}
      padding={0}
    >
      <AppShell.Navbar className={classes.navbar} p="xs">
        <Group gap="xs" px="xs" py="sm" wrap="nowrap">
          <Mark size={28} />
          <Text fw={600} fz="lg">
            {words.name}
          </Text>
        </Group>
        <Stack component="nav" gap={4} flex={1} aria-label={words.navigation}>
          {pages.map(({ id, label, icon: Icon }) => (
            <NavLink
              key={id}
              className={classes.link}
              href={`#${id}`}
              label={label}
              leftSection={<Icon size={18} stroke={1.75} aria-hidden />}
              active={id === page.id}
              aria-current={id === page.id ? "page" : undefined}
            />
          ))}
        </Stack>
        <About />
      </AppShell.Navbar>
      <AppShell.Main>
        {page.content}
        {/* Tooltips are drawn here, so that they too belong to the main part of the page. */}
        <div id="overlays" />
      </AppShell.Main>
      <AppShell.Footer className={classes.footer}>
        <StatusStrip />
      </AppShell.Footer>
    </AppShell>
  );
}
