// The data folder as a whole, and what lies in it by its place there. Base models lie elsewhere.

import type { Storage } from "../../../api/types";

export function bytesInFolder({ stored }: Storage): number {
  return stored.filter(({ kind }) => kind !== "bases").reduce((sum, { bytes }) => sum + bytes, 0);
}

/** A path from the data folder on; one that lies elsewhere stays whole, and the folder itself has no place in it. */
export function placeIn(folder: string, path: string): string {
  if (path === folder) return "";
  const inside = path.startsWith(folder) ? path.slice(folder.length) : "";
  return /^[\\/]/.test(inside) ? inside.slice(1) : path;
}
