export const words = {
  training: (percent: string, timeLeft?: string) =>
    `A run is at ${percent}${timeLeft ? `, about ${timeLeft} left` : ""}`,
  starting: "A run is starting",
  queued: "A run is waiting to start",
  ended: "The run has ended meanwhile",
  what: "What should happen to it when the window closes?",
  endedMeaning: "Nothing is lost when the window closes now.",

  background: "Keep it running",
  backgroundInTray: "The window closes; Attune stays in the tray. A notice tells when the run is done.",
  backgroundWithoutTray:
    "The window closes; the run is finished in the background, then Attune ends. This desktop shows no tray: starting Attune again brings the window back.",
  stop: "Stop and save",
  stopMeaning: "The run ends now with the best adapter so far, and can be resumed.",
  stopping: "Saving the adapter…",
  discard: "Discard the run",
  discardMeaning: "The run ends now without an adapter. Its curve stays in the history.",
  discarding: "Ending the run…",
  waiting: (runs: number) =>
    runs === 1
      ? "One more run waits in the queue. If this one ends now, it starts when Attune is opened again."
      : `${runs} more runs wait in the queue. If this one ends now, they start when Attune is opened again.`,
  close: "Close",
  stay: "Don't close",
  failed: "That could not be done",
};
