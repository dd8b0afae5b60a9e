// What the page remembers until the window or tab is closed: the models that were chosen, and the prompts.

import { useSessionStorage } from "@mantine/hooks";

const MOST_PROMPTS = 30;

/** Undefined until somebody has chosen. */
export function useChoices() {
  return useSessionStorage<string[] | undefined>({
    key: "attune.playground.models",
    defaultValue: undefined,
    getInitialValueInEffect: false,
  });
}

export function usePrompts() {
  const [prompts, setPrompts] = useSessionStorage<string[]>({
    key: "attune.playground.prompts",
    defaultValue: [],
    getInitialValueInEffect: false,
  });
  return { prompts, remember: (prompt: string) => setPrompts((known) => withPrompt(known, prompt)) };
}

/** The newest first, each once. */
export function withPrompt(known: string[], prompt: string): string[] {
  return [prompt, ...known.filter((other) => other !== prompt)].slice(0, MOST_PROMPTS);
}
