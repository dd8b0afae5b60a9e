// What the page remembers until the window or tab is closed, on other pages and over a reload too.

import { useSessionStorage } from "@mantine/hooks";

const MOST_PROMPTS = 30;

export function useRemembered<T>(name: string, initial: T) {
  return useSessionStorage<T>({
    key: `attune.playground.${name}`,
    defaultValue: initial,
    getInitialValueInEffect: false,
  });
}

/** The newest first, each once. */
export function withPrompt(known: string[], prompt: string): string[] {
  return [prompt, ...known.filter((other) => other !== prompt)].slice(0, MOST_PROMPTS);
}
