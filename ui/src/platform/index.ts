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
  /** The window around the page. Absent in a browser, whose tabs close unasked and end nothing. */
  window?: PageWindow;
}

interface WantedFile {
  title: string;
  /** The kinds the dialog offers, the likeliest first; the extension `*` stands for any. */
  kinds: { name: string; extensions: string[] }[];
}

export interface PageWindow {
  /** Hears from the window until another listener takes its place. */
  follow: (listener: (message: WindowMessage) => void) => void;
  /** Does what the person answered. Rejects with a sentence if it could not be done. */
  answerClosing: (answer: ClosingAnswer) => Promise<void>;
  /** Shows the data folder in the system's file manager. Rejects with a sentence if it could not be done. */
  openDataFolder: () => Promise<void>;
}

/** What the window says: that it is about to close on an active run, or what was chosen in a notice. */
export type WindowMessage = { kind: "closing"; tray: boolean } | { kind: "nextStep"; step: NextStep; runId: string };

type NextStep = "compare" | "export" | "show";

/** Let the run go on without a window; end it with or without its adapter, then close; close at once. */
type ClosingAnswer = "background" | "stop" | "discard" | "leave";

const inWindow: Platform = {
  kind: "window",
  fetch: fetchOverBridge({ invoke, openChannel: (onFrame) => new Channel(onFrame) }),
  pickFile: async ({ title, kinds }) => (await open({ title, filters: kinds })) ?? undefined,
  pickFolder: async ({ title }) => (await open({ title, directory: true })) ?? undefined,
  window: {
    follow: (listener) => {
      const channel = new Channel<WindowMessage>((message) => {
        listener(message);
        // Without this word the window takes the page for one that hangs, and asks itself.
        if (message.kind === "closing") void invoke("closing_seen");
      });
      void invoke("follow_window", { channel });
    },
    answerClosing: (answer) => invoke("answer_closing", { answer }),
    openDataFolder: () => invoke("open_data_folder"),
  },
};

const inBrowser: Platform = {
  kind: "browser",
  fetch: (input, init) => globalThis.fetch(input, init),
};

export const platform: Platform = isTauri() ? inWindow : inBrowser;
