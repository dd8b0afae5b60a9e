// An exponential moving average that does not start from zero.

/** `values` smoothed over about a tenth of their length, at most fifty of them. */
export function smoothed(values: number[]): number[] {
  const span = Math.max(2, Math.min(50, values.length / 10));
  const keep = 1 - 1 / span;
  let sum = 0;
  let weight = 0;
  return values.map((value) => {
    sum = keep * sum + (1 - keep) * value;
    weight = keep * weight + (1 - keep);
    return sum / weight;
  });
}
