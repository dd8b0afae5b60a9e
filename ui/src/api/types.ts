// Names for the records of the API, so that nothing else depends on the shape of the generated file.

import type { components } from "./schema";

type Schemas = components["schemas"];

export type Run = Schemas["Run"];
export type RunRequest = Schemas["RunRequest"];
export type Method = Schemas["Method"];
export type Point = Schemas["Point"];
export type Base = Schemas["Base"];
export type Source = Schemas["SourceSummary"];
export type Answer = Schemas["Generated"];
export type Exported = Schemas["Exported"];
