// The frame around every page: navigation at the left, status strip below. On a narrow window the navigation opens over
// the page, from a bar at the top. Before it, once, the first start.

import { AppShell, Burger, Group, NavLink, Stack, Text } from "@mantine/core";
import { useDisclosure, useHash } from "@mantine/hooks";
import { type KeyboardEvent, useRef } from "react";
import { Mark } from "../components/Mark";
import { About } from "../features/about/About";
import { platform } from "../platform";
import { FirstStart } from "./FirstStart";
import classes from "./Frame.module.css";
import { PageBoundary } from "./PageBoundary";
import { pageAt, pages } from "./pages";
import { StatusStrip } from "./StatusStrip";
import { usePageFocus } from "./usePageFocus";
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
  const [isOpen, { toggle, close }] = useDisclosure(false);
  const burger = useRef<HTMLButtonElement>(null);
  const main = usePageFocus(page, close);
  const closeOnEscape = ({ key }: KeyboardEvent) => {
    if (key !== "Escape" || !isOpen) return;
    close();
    burger.current?.focus();
  };
  return (
    <AppShell
      header={{ height: { base: 48, sm: 0 } }}
      navbar={{ width: 176, breakpoint: "sm", collapsed: { mobile: !isOpen } }}
      footer={{ height: 32 }}
      padding={0}
    >
      <AppShell.Header className={classes.header} hiddenFrom="sm" onKeyDown={closeOnEscape}>
        <Group h="100%" px="sm" gap="xs" wrap="nowrap">
          <Burger
            ref={burger}
            opened={isOpen}
            onClick={toggle}
            size="sm"
            aria-label={isOpen ? words.closeNavigation : words.openNavigation}
            aria-expanded={isOpen}
            aria-controls="navigation"
          />
          <Mark size={24} />
          <Text fw={600} truncate>
            {page.label}
          </Text>
        </Group>
      </AppShell.Header>
      <AppShell.Navbar
        id="navigation"
        className={classes.navbar}
        data-open={isOpen || undefined}
        p="xs"
        onKeyDown={closeOnEscape}
      >
        <Group gap="xs" px="xs" py="sm" wrap="nowrap" visibleFrom="sm">
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
              // The page that is there already makes no change of its own.
              onClick={id === page.id ? close : undefined}
            />
          ))}
        </Stack>
        <About />
      </AppShell.Navbar>
      <AppShell.Main ref={main} tabIndex={-1} aria-label={page.label} className={classes.main}>
        <PageBoundary key={page.id}>{page.content}</PageBoundary>
        {/* Tooltips are drawn here, so that they too belong to the main part of the page. */}
        <div id="overlays" />
      </AppShell.Main>
      <AppShell.Footer className={classes.footer}>
        <StatusStrip />
      </AppShell.Footer>
    </AppShell>
  );
}
