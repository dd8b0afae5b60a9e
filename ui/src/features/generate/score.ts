// Quality as people read it: stored from 0 to 1, shown from 0 to 10.

/** From here on a text is kept. */
export const LINE = 0.7;

/** 0.699 -> "6.9". Rounded down: what is below the line never reads as on it. */
export function score(quality: number): string {
  return (Math.floor(quality * 100 + 1e-9) / 10).toFixed(1);
}

interface Bin {
  /** Where it begins and ends, from 0 to 10. */
  from: number;
  to: number;
  /** Texts in it, by the side of the line on which it lies. */
  below?: number;
  above?: number;
}

/** The counts of equal intervals from 0 to 1, as bars. */
export function binsOf(histogram: number[]): Bin[] {
  const width = 10 / histogram.length;
  return histogram.map((texts, index) => {
    const from = index * width;
    // The intervals' edges are binary fractions.
    const isAbove = from >= LINE * 10 - 1e-9;
    return { from, to: from + width, ...(isAbove ? { above: texts } : { below: texts }) };
  });
}
