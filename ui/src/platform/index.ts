// What the page may ask of the place it runs in. The only folder that imports `@tauri-apps/*`.

import { Channel, invoke, isTauri } from "@tauri-apps/api/core";
import { open } from "@tauri-apps/plugin-dialog";
import { fetchOverBridge } from "./bridge";

export interface Platform {
  kind: "window" | "browser";
  /** The API, and nothing else: in the window it never touches a network. */
  fetch: typeof globalThis.fetch;
  /** Opens the system's file dialog; resolves to undefined if the person closes it. Absent where there is none. */
  pickFile?: (wanted: WantedFile) => Promise<string | undefined>;
  /** The same for a folder. */
  pickFolder?: (wanted: { title: string }) => Promise<string | undefined>;
}

interface WantedFile {
  title: string;
  /** The kinds the dialog offers, the likeliest first; the extension `*` stands for any. */
  kinds: { name: string; extensions: string[] }[];
}

const inWindow: Platform = {
  kind: "window",
  fetch: fetchOverBridge({ invoke, openChannel: (onFrame) => new Channel(onFrame) }),
  pickFile: async ({ title, kinds }) => (await open({ title, filters: kinds })) ?? undefined,
  pickFolder: async ({ title }) => (await open({ title, directory: true })) ?? undefined,
};

const inBrowser: Platform = {
  kind: "browser",
  fetch: (input, init) => globalThis.fetch(input, init),
};

export const platform: Platform = isTauri() ? inWindow : inBrowser;
