// Words of what is wanted: how many, what about, who writes.

import { attempts, examples } from "./counted";

export const amount = {
  title: "How many",
  label: "Examples",
  slider: "How many examples",
  marks: "From 10 on a tuning can be started, 50 are ready for one, 100 are excellent training data.",
  wrong: "1 to 500",
  time: "Time",
  price: "Price",
  expected: "Kept so far",
  about: (time: string) => `about ${time}`,
  notMeasured: "not measured yet",
  notMeasuredWhy: "Attune has not generated with this choice here yet. It measures as it does.",
  free: "free: runs on this computer",
  noPrice: "not known",
  share: (share: string, number: number, written: string) => `${share} of ${attempts(number, written)}`,
};

export const genres = {
  title: "What about",
  group: "Genres",
  none: "None chosen: a random mix of all.",
  chosen: (number: number) => (number === 1 ? "1 genre." : `${number} genres, evenly.`),
  about: (prompts: number, isOwn: boolean) =>
    `${prompts === 1 ? "1 prompt" : `${prompts} prompts`}${isOwn ? ", with yours" : ""}`,
  problems: (files: number) =>
    files === 1 ? "Something of your own files could not be used:" : "Some of your own files could not be used:",
  empty: "There is nothing to generate about.",
  emptyHint: "Attune brings eight genres: its installation seems to be incomplete.",
};

export const favourites = {
  group: "Saved combinations",
  save: "Save this combination…",
  name: "Name of the combination",
  confirm: "Save",
  replace: "Replace",
  cancel: "Cancel",
  remove: (name: string) => `Remove ${name}`,
  removed: (name: string) => `Removed ${name}.`,
  undo: "Undo",
};

export const styles = {
  fold: (chosen: string) => `Styles: ${chosen}`,
  all: (number: number) => `all ${number}`,
  some: (chosen: number, number: number) => `${chosen} of ${number}`,
  none: "none",
  meaning: "One of these sentences follows each prompt, so that the examples differ.",
  chooseAll: "All",
  chooseNone: "None",
  group: "Styles",
};

export const writers = {
  title: "Who writes",
  label: (place: number, number: number) => (number === 1 ? "Generator" : `Generator ${place}`),
  path: (place: number) => `Path of generator ${place}`,
  add: "Add a generator",
  remove: (place: number) => `Remove generator ${place}`,
  several: "All of them write for each attempt; the best text is taken.",
  missing: "Choose who writes.",
  firstEndpoint: "Set up an endpoint",
  endpoints: "Endpoints",
};

export const options = {
  fold: "Options",
  standard: "default",
  memory: "Store in memory",
  memoryHelp: "Puts what is kept into the memory too. Off, examples stay apart from everything else.",
  candidates: { label: "Candidates", help: "Texts that each generator writes for an attempt; the best is taken." },
  references: { label: "References", help: "Texts of the genre shown to generators that can use them, up to 5." },
  seed: { label: "Seed", help: "The same seed makes the same examples; empty draws another each time." },
  judge: {
    label: "Judge",
    help: "A model at an endpoint scores each text from 0 to 1, as one part of its quality.",
    none: "None",
  },
  untilKept: { label: "Until so many are kept", help: "Goes on past misses, with three times as many attempts." },
  twins: "Near-twins from",
  twinsHelp: "Texts at least this alike are twins, of which one is kept. 100 % is word for word.",
  twinsThumb: "Likeness from which texts are twins",
};

export const start = {
  title: "Generate",
  generate: (number: number, written: string) => `Generate ${examples(number, written)}`,
  generateNone: "Generate",
  preview: "Preview",
  ready: "Ready.",
  offline: "Attune does not answer at the moment.",
  count: "Choose 1 to 500 examples.",
  loading: "Genres and models are being read…",
  noContent: "There is nothing to generate about, see above.",
  refused: "It cannot be generated like this, see below.",
  active: (done: string, total: string, left?: string) =>
    `A batch is running: ${done} of ${total} done${left ? `, about ${left} left` : ""}.`,
  elsewhere: (names: string[]) =>
    names.length === 1
      ? `${names[0]} is not on this computer: what is asked goes there, and what it costs is not known here.`
      : `${names.join(" and ")} are not on this computer: what is asked goes there, and what it costs is not known here.`,
  samePreview: "The batch begins with the five of the preview.",
};

export const preview = {
  title: "Preview",
  meaning: "Nothing of this is kept. The batch begins with the very same if you change nothing.",
  changed: "Nothing of this is kept. You changed something since: the batch will begin otherwise.",
  waiting: "Five examples are being generated…",
  none: "No text came of it.",
  close: "Close",
  on: (genre: string, style: string | null) => (style ? `${genre} · ${style}` : genre),
};
