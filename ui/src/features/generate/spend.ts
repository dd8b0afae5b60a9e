// What a batch has cost so far, and no more of it than is known.

import type { BatchTallies } from "../../api/types";
import { dollars } from "../../components/quantity";
import { words } from "./words";

const t = words.batch;

export function spend({ costMicroDollars, unpriced }: Pick<BatchTallies, "costMicroDollars" | "unpriced">): string {
  if (unpriced === 0) return costMicroDollars === 0 ? t.free : dollars(costMicroDollars);
  return costMicroDollars === 0 ? t.unpriced : t.andUnpriced(dollars(costMicroDollars));
}
