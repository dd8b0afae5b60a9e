// Which section of the settings is open, kept in the address: it outlives a reload, and the way back leads through it.

import { useHash } from "@mantine/hooks";

/** The page's own name in the address. */
export const SETTINGS = "settings";

export const SECTIONS = ["general", "data", "bases", "endpoints", "health", "log"] as const;

export type Section = (typeof SECTIONS)[number];

export function sectionOf(hash: string): Section {
  const named = hash.slice(1).split("/")[1];
  return SECTIONS.find((section) => section === named) ?? "general";
}

export function useSection(): Section {
  const [hash] = useHash({ getInitialValueInEffect: false });
  return sectionOf(hash);
}

export function openSection(section: string | null) {
  location.hash = `${SETTINGS}/${section}`;
}
