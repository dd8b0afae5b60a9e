// Words of how an answer is made.

export const words = {
  decoding: "How it answers",
  decodingMeaning: "Empty fields: the likeliest token each time, so the same question gets the same answer.",
  options: {
    maxNewTokens: { label: "Longest answer", help: "Tokens; what would follow is cut." },
    temperature: { label: "Temperature", help: "Draws tokens by chance; small is bold, large is wild." },
    topK: { label: "Top-k", help: "Draws among so many of the likeliest tokens." },
    topP: { label: "Top-p", help: "Draws among the likeliest that together have this probability." },
    seed: { label: "Seed", help: "Repeats what was drawn; empty draws anew each time." },
    beams: { label: "Beams", help: "Follows so many answers at once; nothing is drawn then." },
    repetitionPenalty: { label: "Repetition penalty", help: "Above 1 makes repeated tokens less likely." },
    stop: { label: "Stop at", help: "Texts that end the answer, one in each line." },
  },
  standard: "default",
};
