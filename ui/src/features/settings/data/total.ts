// What the data folder holds together. Base models lie elsewhere.

import type { Storage } from "../../../api/types";

export function bytesInFolder({ stored }: Storage): number {
  return stored.filter(({ kind }) => kind !== "bases").reduce((sum, { bytes }) => sum + bytes, 0);
}
