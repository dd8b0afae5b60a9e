export const words = {
  retry: "Try again",
  copied: "Copied",
  copyDigest: (digest: string) => `Copy ${digest}`,
  copyDigestOf: (digest: string) => `Copy digest ${digest}`,
  answer: {
    empty: "(an empty answer)",
    cut: "Cut off at the length limit.",
    base: (name: string) => `base ${name}`,
    adapter: "adapter",
    noAdapter: "without adapter",
    seed: (seed: string) => `seed ${seed}`,
    loading: (time: string) => `loaded in ${time}`,
    firstToken: (time: string) => `first token ${time}`,
    whole: (time: string) => `whole ${time}`,
    speed: (rate: string) => `${rate} tokens/s`,
    tokens: (tokens: number, written: string) => (tokens === 1 ? "1 token" : `${written} tokens`),
  },
};
