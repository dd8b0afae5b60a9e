// Names for the records of the API, so that nothing else depends on the shape of the generated file.

import type { components } from "./schema";

type Schemas = components["schemas"];

export type Run = Schemas["Run"];
export type RunRequest = Schemas["RunRequest"];
export type RunDefaults = Schemas["RunDefaults"];
export type Method = Schemas["Method"];
export type Point = Schemas["Point"];
export type ValidationPoint = Schemas["ValidationPoint"];
export type Curves = Schemas["Metrics"];
export type Base = Schemas["Base"];
export type Fetch = Schemas["Fetch"];
export type Source = Schemas["SourceSummary"];
export type Question = Schemas["GenerationRequest"];
export type Answer = Schemas["Generated"];
export type Exported = Schemas["Exported"];
export type SettingSources = Schemas["SettingSources"];
export type SettingSource = Schemas["SettingSource"];
export type SettingsChange = Schemas["SettingsChange"];
export type Origin = Schemas["Source"];
export type Surrounding = Schemas["Surrounding"];
export type Comparison = Schemas["Comparison"];
export type ComparisonBegun = Schemas["ComparisonBegun"];
export type ComparedRow = Schemas["ComparedRow"];
export type FirstStart = Schemas["FirstStart"];
export type Answerer = Schemas["Answerer"];
export type Verdict = Schemas["Verdict"];
export type Feedback = Schemas["Feedback"];
export type Choice = Schemas["Choice"];
export type Vote = Schemas["Vote"];
export type Tally = Schemas["Tally"];
export type Listener = Schemas["Listener"];
export type Finding = Schemas["Finding"];
export type Storage = Schemas["Storage"];
export type Stored = Schemas["Stored"];
export type LogDay = Schemas["LogDay"];
export type LogLevel = Schemas["LogLevel"];
export type LogEntry = Schemas["LogEntry"];
export type LogPage = Schemas["LogPage"];
