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
  advanced: "Advanced",
  adapter: "Adapter",
  learning: "Learning",
  validation: "Validation",
  limits: "Limits",
  repeat: "Repeatability and safety",
  /** Each field: its name with its unit, and what it does in one sentence. */
  fields: {
    epochs: { label: "Epochs", help: "How often each row is seen." },
    maxSamples: { label: "Samples, at most", help: "Further rows of the dataset are left out." },
    promptRows: { label: "Prompt rows", help: "Trained vectors before each question; more hold more." },
    loraRank: { label: "Rank", help: "Size of what is learned in each module; more holds more." },
    initialPrompt: { label: "Prompt starts from", help: "Where the trained vectors begin." },
    initialText: { label: "Starting text", help: "A few words that say the task; repeated until the rows are full." },
    loraAlpha: { label: "Alpha", help: "What is learned counts alpha / rank times." },
    loraTargets: { label: "Modules", help: "What is trained in every layer; none chosen takes the default." },
    batchSize: { label: "Batch size (rows)", help: "Rows computed together." },
    accumulationSteps: { label: "Accumulation (batches)", help: "Batches whose gradients make one step." },
    learningRate: { label: "Learning rate", help: "How far a step goes, at its highest." },
    warmupSteps: { label: "Warm-up (steps)", help: "The learning rate rises over so many steps." },
    decay: { label: "Decay", help: "What the learning rate does after the warm-up." },
    gradientClip: { label: "Gradient clip", help: "Longer gradients are shortened to this; 0 leaves them." },
    weightDecay: { label: "Weight decay", help: "Pulls the trained values towards zero; 0 to 1." },
    dropout: { label: "Dropout", help: "Share of values left out at random while training." },
    patience: { label: "Patience (evaluations)", help: "Ends after so many without a better one; 0 never does." },
    validationSteps: { label: "Validate every (steps)", help: "Empty: after each epoch." },
    batchTokens: { label: "Batch, at most (tokens)", help: "Long rows make smaller batches." },
    sourceMaxTokens: { label: "Question, at most (tokens)", help: "The rest of a longer one is not read." },
    targetMaxTokens: { label: "Answer, at most (tokens)", help: "The rest of a longer one is not learned." },
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
};

export const start = {
  title: "Start",
  start: "Start training",
  queue: "Add to queue",
  ready: (samples: number, written: string) =>
    samples === 1 ? "Ready: one sample will be used." : `Ready: ${written} samples will be used.`,
  noDatabase: "Choose a database or a file first.",
  checking: "It is being checked…",
  unusable: "It cannot be used, see above.",
  offline: "Attune does not answer at the moment.",
  active: (percent: string, left?: string) => `A run is active: ${percent}${left ? `, about ${left} left` : ""}.`,
  waiting: "A run is waiting to start.",
  queued: "Added to the queue",
  queuedMeaning: "It starts when the runs before it have ended.",
};
