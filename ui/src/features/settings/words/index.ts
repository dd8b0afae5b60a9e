// Words of the settings page. Functions take finished pieces, so that a translation may order them differently.

import { address } from "./address";
import { data } from "./data";
import { endpoints } from "./endpoints";
import { health } from "./health";
import { log } from "./log";
import { values } from "./values";

export const words = {
  title: "Settings",
  sections: "Sections of the settings",
  loading: "Loading…",
  tabs: {
    general: "General",
    data: "Data",
    bases: "Base models",
    endpoints: "Endpoints",
    health: "Health",
    log: "Log",
  },
  values,
  address,
  data,
  endpoints,
  health,
  log,
};
