// Words of generating and reviewing examples. Functions take finished pieces, so that a translation may order them
// differently.

import { batch, batches, charts, quality, readiness } from "./batch";
import { failures } from "./failures";
import { amount, favourites, genres, options, preview, start, styles, writers } from "./form";
import { bulk, filters, review, twins } from "./review";

export const words = {
  title: "Generate",
  loading: "Loading…",
  amount,
  genres,
  favourites,
  styles,
  writers,
  options,
  start,
  preview,
  quality,
  batch,
  failures,
  charts,
  readiness,
  batches,
  review,
  filters,
  bulk,
  twins,
};
