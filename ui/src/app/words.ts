// Words of the frame. Each feature keeps its own; nothing for people is written elsewhere.

export const words = {
  name: "Attune",
  navigation: "Pages",
  openNavigation: "Open the navigation",
  closeNavigation: "Close the navigation",
  title: (page: string) => `${page} · Attune`,
  close: "Close",
  pageFailed: (why: string) => `This page could not be drawn: ${why}`,
  pageFailedHint: "Nothing that Attune keeps is lost. Try again once the status strip says that it is connected.",
  pages: { generate: "Generate", train: "Train", playground: "Playground", settings: "Settings" },
  status: {
    idle: "No active run",
    queued: "A run is waiting to start",
    progress: "Progress of the active run",
    running: (percent: string, timeLeft?: string) => `Training ${percent}${timeLeft ? `, about ${timeLeft} left` : ""}`,
    batchProgress: "Progress of the batch that is generated",
    generating: (percent: string, timeLeft?: string) =>
      `Generating ${percent}${timeLeft ? `, about ${timeLeft} left` : ""}`,
    base: (name: string) => `Base: ${name}`,
  },
  connection: { connecting: "Connecting…", live: "Connected", reconnecting: "Reconnecting…" },
};
