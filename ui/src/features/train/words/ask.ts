// Words of asking a model.

export const ask = {
  title: (name: string) => `Ask ${name}`,
  titleAlone: "Ask",
  prompt: "Prompt",
  placeholder: "Write as in your data",
  ask: "Ask",
  keys: "Ctrl + Enter asks too",
  compare: "Compare with the base model",
  tuned: "Tuned",
  base: "Base model",
  thinking: "The model is answering…",
  stop: "Stop",
  ended: "You stopped it here.",
  region: "Answers",
  emptyTitle: "Nothing to ask yet",
  emptyStep: "When a run has completed, ask the model it trained here.",
  notCompleted: "This run has no adapter to ask",
  notCompletedStep: "Select a completed run in the history.",
};
