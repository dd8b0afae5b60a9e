export const words = {
  title: (name: string) => `Export the adapter of ${name}`,
  what: "The adapter is this folder, in the layout of Hugging Face PEFT. Copy it to wherever it is needed; it works together with its base model.",
  folder: "Folder",
  base: "Base model",
  digest: "Digest",
  uses: { attune: "Ask it with Attune", peft: "Load it with PEFT" },
  attune: (folder: string) => `attune generate --adapter ${quotedForShell(folder)} "…"`,
  peft: (folder: string) => `model = PeftModel.from_pretrained(base, ${JSON.stringify(folder)})`,
  copy: (what: string) => `Copy: ${what}`,
  copied: "Copied",
  gone: "This run has no adapter any more.",
  close: "Close",
};

function quotedForShell(path: string): string {
  return `'${path.replaceAll("'", "'\\''")}'`;
}
