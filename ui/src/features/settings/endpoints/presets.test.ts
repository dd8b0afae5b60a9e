import { expect, test } from "vitest";
import { nameFor, originOf, PRESETS, presetAt } from "./presets";

const [ollama, llamaCpp] = PRESETS;

test("a preset brings its name, unless somebody typed another", () => {
  if (!ollama || !llamaCpp) throw new Error("there are presets");
  expect(nameFor(ollama, "", [])).toBe("Ollama");
  expect(nameFor(llamaCpp, "Ollama 2", [])).toBe("llama.cpp server");
  expect(nameFor(ollama, "The old laptop", [])).toBe("The old laptop");
});

test("a second endpoint of a kind is numbered, for no two have the same name", () => {
  if (!ollama) throw new Error("there are presets");
  expect(nameFor(ollama, "", ["Ollama", "Ollama 2"])).toBe("Ollama 3");
});

test("an address is known however it was pasted, and a key belongs to its scheme, host and port", () => {
  expect(presetAt(" https://api.openai.com/v1 ")?.name).toBe("OpenAI");
  expect(presetAt("https://api.example/v1")).toBeUndefined();
  expect(originOf("https://api.openai.com:443/v1")).toBe("https://api.openai.com");
  expect(originOf("api.openai.com")).toBe("api.openai.com");
});
