// Words of the data folder.

export const data = {
  title: "Data folder",
  meaning: "Everything Attune keeps lies in this folder, but for base models, which other programs share.",
  open: "Open folder",
  free: (size: string) => `${size} free on its disk`,
  freeUnknown: "The system does not say how much is free on its disk.",
  measure: "Measure again",
  measuring: "Looking at every file…",
  columns: { kind: "What", size: "Size", files: "Files", where: "Where" },
  kinds: {
    database: "Database and its backups",
    runs: "Runs: rows and checkpoints",
    datasets: "Datasets: frozen examples",
    adapters: "Adapters",
    logs: "Logs",
    exports: "Exports for other programs",
    other: "Anything else in the folder",
    bases: "Base models, in the cache that is shared",
  },
  total: "In the data folder",
  elsewhere: "Adapters and exports in folders of your choice are not counted.",
};
