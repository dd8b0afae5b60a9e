// Servers that people have, with the port that each takes if nothing else is said.

import { words } from "../words";

const t = words.endpoints.presets;

export interface Preset {
  name: string;
  baseUrl: string;
  /** What its model is called by, and whether it wants a key, in words. */
  model: string;
  key: string;
}

export const PRESETS: Preset[] = [
  { baseUrl: "http://127.0.0.1:11434/v1", ...t.ollama },
  { baseUrl: "http://127.0.0.1:8080/v1", ...t.llamaCpp },
  { baseUrl: "http://127.0.0.1:1234/v1", ...t.lmStudio },
  { baseUrl: "http://127.0.0.1:8000/v1", ...t.vllm },
  { baseUrl: "https://api.openai.com/v1", ...t.openAi },
];

export function presetAt(baseUrl: string): Preset | undefined {
  return PRESETS.find((preset) => preset.baseUrl === baseUrl.trim());
}

/** The name that a preset brings: a name that somebody typed stays, and no two endpoints have the same. */
export function nameFor(preset: Preset, typed: string, taken: string[]): string {
  const isTyped = typed.trim() !== "" && !PRESETS.some(({ name }) => isNumbered(typed.trim(), name));
  if (isTyped) return typed;
  for (let number = 1; ; number += 1) {
    const name = number === 1 ? preset.name : `${preset.name} ${number}`;
    if (!taken.includes(name)) return name;
  }
}

function isNumbered(typed: string, name: string): boolean {
  return typed === name || (typed.startsWith(`${name} `) && /^\d+$/.test(typed.slice(name.length + 1)));
}

/** Scheme, host and port, as keys belong to them; the text itself where it is no address. */
export function originOf(baseUrl: string): string {
  const url = URL.parse(baseUrl.trim());
  return url && url.origin !== "null" ? url.origin : baseUrl.trim();
}
