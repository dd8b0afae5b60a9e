// How long a download still takes, at the speed it had lately.

export interface Sample {
  /** Seconds on any clock. */
  at: number;
  /** Bytes. */
  done: number;
}

/** Undefined while nothing was seen to move. */
export function secondsLeft(samples: Sample[], total: number): number | undefined {
  const [first, last] = [samples[0], samples.at(-1)];
  if (!first || !last || total <= last.done) return undefined;
  const [seconds, bytes] = [last.at - first.at, last.done - first.done];
  return seconds > 0 && bytes > 0 ? ((total - last.done) * seconds) / bytes : undefined;
}
