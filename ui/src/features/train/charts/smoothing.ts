// A curve without its noise, and without the lag of a running average: each value is the mean of its neighbours
// on both sides.

/** The mean over a window of about a tenth of the series, at most 51 values.
 *
 * Towards the steep beginning the window narrows, so that the first value stays where it was measured. At the flat end
 * it only loses its right half: narrowed there too, the newest piece of the line would be all noise. */
export function smoothed(values: number[]): number[] {
  const reach = Math.min(25, Math.ceil(values.length / 20));
  const sums = [0];
  for (const value of values) sums.push((sums.at(-1) ?? 0) + value);
  const sumBefore = (index: number) => sums[index] ?? 0;
  return values.map((_, index) => {
    const left = Math.min(reach, index);
    const right = Math.min(left, values.length - 1 - index);
    return (sumBefore(index + right + 1) - sumBefore(index - left)) / (left + right + 1);
  });
}
