// Which examples are looked at, as chosen in the filters, and the question that it makes.

import type { ExampleQuestion } from "../../../api/examples";
import type { ExampleStatus } from "../../../api/types";

export interface Filter {
  status: ExampleStatus | null;
  genre: string | null;
  /** From 0 to 10, as it is shown. */
  from: number;
  to: number;
  text: string;
  isFresh: boolean;
  /** Only those of the batch that is shown. */
  isOfBatch: boolean;
}

export const BEST = 10;

export const EVERYTHING: Filter = {
  status: null,
  genre: null,
  from: 0,
  to: BEST,
  text: "",
  isFresh: false,
  isOfBatch: false,
};

/** An end of the scale leaves out nothing: examples that were never judged are between all ends. */
export function questionOf(filter: Filter, subject: string, batch: string | undefined): ExampleQuestion {
  const { status, genre, from, to, text, isFresh, isOfBatch } = filter;
  return {
    subject,
    ...(isOfBatch && batch ? { batch } : {}),
    ...(status ? { status } : {}),
    ...(genre ? { genre } : {}),
    ...(from > 0 ? { minQuality: from / 10 } : {}),
    ...(to < BEST ? { maxQuality: to / 10 } : {}),
    ...(text.trim() ? { text: text.trim() } : {}),
    ...(isFresh ? { reviewed: false } : {}),
  };
}

export function isFiltered(filter: Filter): boolean {
  return JSON.stringify({ ...filter, text: filter.text.trim() }) !== JSON.stringify(EVERYTHING);
}
