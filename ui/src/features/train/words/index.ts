// Words of the training page. Functions take finished pieces, so that a translation may order them differently.

import { ask } from "./ask";
import { bases } from "./bases";
import { base, beginning, dataset, parameters, start } from "./form";
import { compare, history } from "./history";
import { chart, queue, run, settings, values } from "./run";

export const words = {
  title: "Train",
  loading: "Loading…",
  base,
  bases,
  beginning,
  dataset,
  parameters,
  start,
  run,
  queue,
  settings,
  values,
  chart,
  history,
  compare,
  ask,
};
