// A series as a path. Zero is at the foot, so that a flat curve looks flat.

/** As many corners as are worth drawing in the width of a word. */
const CORNERS = 44;

export function lineThrough(values: number[], width: number, height: number): string {
  const finite = values.filter(Number.isFinite);
  const chosen = finite.length > CORNERS ? every(finite, CORNERS) : finite;
  const most = Math.max(...chosen);
  // A line of its own width must fit at head and foot.
  const [edge, room] = [1, height - 2];
  const x = (index: number) => (chosen.length > 1 ? (index * width) / (chosen.length - 1) : 0);
  const y = (value: number) => edge + (most > 0 ? room * (1 - value / most) : room);
  const corners = chosen.map((value, index) => `${x(index).toFixed(1)} ${y(value).toFixed(1)}`);
  if (corners.length === 1) return `M${corners[0]}H${width}`;
  return corners.length > 0 ? `M${corners.join("L")}` : "";
}

/** So many of `values`, evenly chosen, the first and the last among them. */
function every(values: number[], many: number): number[] {
  return Array.from(
    { length: many },
    (_, index) => values[Math.round((index * (values.length - 1)) / (many - 1))] ?? 0,
  );
}
