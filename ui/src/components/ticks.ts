// Round numbers for an axis that starts at zero.

/** From 0 to at least `max` in at most five steps of 1, 2 or 5 times a power of ten. */
export function ticksTo(max: number): number[] {
  if (!(max > 0)) return [0, 1];
  const power = 10 ** Math.floor(Math.log10(max / 5));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((size) => size * 5 >= max) ?? max;
  const steps = Math.ceil(max / step - 1e-9);
  // Multiplied, not added up, and cut where binary fractions begin to show.
  return Array.from({ length: steps + 1 }, (_, index) => Number((index * step).toPrecision(6)));
}
