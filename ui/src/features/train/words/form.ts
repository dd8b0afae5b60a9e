// Words of the four steps before a run.

export const base = {
  title: "Base and method",
  label: "Base model",
  automatic: (name?: string) => (name ? `Automatic (${name})` : "Automatic"),
  size: (parameters: string) => `${parameters} parameters`,
  bundled: "comes with Attune",
  none: "No base model was found on this computer.",
  noneHint: "Attune brings a small one: its installation seems to be incomplete.",
  unknown: "This base is not in the list of models found on this computer.",
  method: "Method",
  methods: {
    "soft-prompt": {
      name: "Soft prompt",
      meaning: "Trains a few vectors that stand before each question. Small, and good with few rows.",
    },
    lora: {
      name: "LoRA",
      meaning: "Trains a small share of the base's own attention. Learns more from many rows.",
    },
  },
};

export const beginning = {
  label: "Begin with",
  fresh: "A new adapter",
  folder: "An adapter in a folder…",
  ofRuns: "Adapters of completed runs",
  path: "Folder of the adapter",
  pathHelp: "A run's folder, or one of Hugging Face PEFT",
  pathPlaceholder: "/home/me/adapters/latest",
  choose: "Choose…",
  dialog: "Choose the adapter's folder",
  ownBase: "The adapter's own",
  softPrompt: (rows: string) => `Soft prompt of ${rows} rows`,
  lora: (rank: string) => `LoRA of rank ${rank}`,
  about: (kind: string, base?: string) =>
    `${kind}${base ? ` on ${base}` : ""}. It is trained on; its folder stays as it is.`,
};

export const dataset = {
  title: "Dataset",
  label: "Database or file",
  description: "SQLite, JSON lines or CSV; it is only read",
  placeholder: "/home/me/ask_ai.db",
  choose: "Choose…",
  dialog: "Choose your rows",
  databases: "Databases, JSON lines, CSV",
  allFiles: "All files",
  checking: "It is being checked…",
  usable: (usable: string, rows: string) => `${usable} of ${rows} rows can be used`,
  answers: (distinct: number, written: string) =>
    distinct === 1 ? "one answer for all" : `${written} different answers`,
  preview: "First rows",
  input: "Question",
  output: "Answer",
};

export const parameters = {
  title: "Parameters",
  optional: "An empty field takes the default.",
  standard: "default",
  standardOf: (value: string) => `default: ${value}`,
  noLimit: "no limit",
  eachEpoch: "each epoch",
  advanced: "Advanced",
  adapter: "Adapter",
  learning: "Learning",
  validation: "Validation",
  limits: "Limits",
  repeat: "Repeatability and safety",
  /** Each field: its name, and in one sentence what it does, with its unit. */
  fields: {
    epochs: { label: "Epochs", help: "How often each row is seen." },
    maxSamples: { label: "Samples, at most", help: "Further rows of the dataset are left out." },
    promptRows: { label: "Prompt rows", help: "Trained vectors before each question; more hold more." },
    loraRank: { label: "Rank", help: "Size of what is learned in each module; more holds more." },
    initialPrompt: { label: "Prompt starts from", help: "Where the trained vectors begin." },
    initialText: { label: "Starting text", help: "A few words that say the task; repeated until the rows are full." },
    loraAlpha: { label: "Alpha", help: "What is learned counts alpha / rank times; twice the rank by default." },
    loraTargets: { label: "Modules", help: "What is trained in every layer; none chosen takes the default." },
    batchSize: { label: "Batch size", help: "Rows computed together." },
    accumulationSteps: { label: "Accumulation", help: "Batches whose gradients make one step." },
    learningRate: { label: "Learning rate", help: "How far a step goes, at its highest." },
    warmupSteps: { label: "Warm-up", help: "Steps over which the learning rate rises." },
    decay: { label: "Decay", help: "What the learning rate does after the warm-up." },
    gradientClip: { label: "Gradient clip", help: "Longer gradients are shortened to this; 0 leaves them." },
    weightDecay: { label: "Weight decay", help: "Pulls the trained values towards zero; 0 to 1." },
    dropout: { label: "Dropout", help: "Share of values left out by chance; from 0 to below 1." },
    patience: { label: "Patience", help: "Evaluations without a better one before it ends; 0 never ends it." },
    validationSteps: { label: "Validate every", help: "Steps between two evaluations; empty: an epoch." },
    sourceMaxTokens: { label: "Longest question", help: "Tokens that are read; the rest is cut." },
    targetMaxTokens: { label: "Longest answer", help: "Tokens that are learned; the rest is cut." },
    batchTokens: { label: "Largest batch", help: "Tokens in a batch; long rows then make smaller ones." },
    precision: { label: "Precision", help: "bf16 is several times as fast where the processor has it." },
    seed: { label: "Seed", help: "The same seed repeats a run exactly." },
    selfCheck: {
      label: "Self-check",
      help: "Tries eight steps on one batch first, and ends the run if nothing is learned.",
    },
  },
  initialPrompts: {
    outputs: "Answers in the data",
    text: "A text of yours",
    vocabulary: "Words drawn by the seed",
    random: "Random numbers",
  },
  decays: { linear: "Linear", cosine: "Cosine", constant: "None, it stays" },
  precisions: { auto: "bf16 where it agrees with f32", f32: "f32, exact", bf16: "bf16" },
};

export const start = {
  title: "Start",
  start: "Start training",
  queue: "Add to queue",
  ready: (samples: number, written: string) =>
    samples === 1 ? "Ready: one sample will be used." : `Ready: ${written} samples will be used.`,
  memory: (needed: string, free: string | undefined) =>
    free === undefined
      ? `It takes up to ${needed} of memory.`
      : `It takes up to ${needed} of memory; ${free} are free.`,
  tooMuchMemory: (needed: string, free: string) =>
    `It may take ${needed} of memory, and only ${free} are free. Close other programs, or choose a smaller batch.`,
  noDatabase: "Choose a database or a file first.",
  noAdapter: "Name the folder of the adapter first.",
  noSuchAdapter: "The adapter to begin with cannot be used, see above.",
  checking: "It is being checked…",
  unusable: "It cannot be used, see above.",
  offline: "Attune does not answer at the moment.",
  active: (percent: string, left?: string) => `A run is active: ${percent}${left ? `, about ${left} left` : ""}.`,
  waiting: "A run is waiting to start.",
  queued: "Added to the queue",
  queuedMeaning: "It starts when the runs before it have ended.",
};
