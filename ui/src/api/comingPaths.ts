// Paths that the document does not describe yet; gone once it does.

import type { components } from "./schema";

type Schemas = components["schemas"];
type Problem = { content: { "application/json": Schemas["Problem"] } };
type Json<T> = { content: { "application/json": T } };
interface No {
  query?: never;
  header?: never;
  path?: never;
  cookie?: never;
}
interface PlainDoor<Query, Answer> {
  parameters: { query?: Query; header?: never; path?: never; cookie?: never };
  requestBody?: never;
  responses: { 200: Json<Answer>; default: Problem };
}
interface IdDoor<Answer> {
  parameters: { query?: never; header?: never; path: Id; cookie?: never };
  requestBody?: never;
  responses: { 200: Json<Answer>; default: Problem };
}
interface IdBodyDoor<Body, Answer> {
  parameters: { query?: never; header?: never; path: Id; cookie?: never };
  requestBody: BodyOf<Body>;
  responses: { 200: Json<Answer>; default: Problem };
}
interface BodyDoor<Body, Answer> {
  parameters: No;
  requestBody: BodyOf<Body>;
  responses: { 200: Json<Answer>; default: Problem };
}
type BodyOf<T> = { content: { "application/json": T } };
type Id = { id: string };

export interface ComingPaths {
  "/api/v1/generation/content": { parameters: No; get: PlainDoor<never, Schemas["Content"]> };
  "/api/v1/batches": {
    parameters: No;
    get: PlainDoor<{ limit?: number }, Schemas["Batch"][]>;
    post: BodyDoor<Schemas["BatchRequest"], Schemas["Batch"]>;
  };
  "/api/v1/batches/{id}": {
    parameters: No;
    get: IdDoor<Schemas["Batch"]>;
    delete: IdDoor<Schemas["DiscardedBatch"]>;
  };
  "/api/v1/batches/{id}/cancel": { parameters: No; post: IdDoor<Schemas["Batch"]> };
  "/api/v1/batches/{id}/continue": { parameters: No; post: IdDoor<Schemas["Batch"]> };
  "/api/v1/batches/estimate": {
    parameters: No;
    post: BodyDoor<Schemas["BatchRequest"], Schemas["BatchEstimate"]>;
  };
  "/api/v1/batches/preview": {
    parameters: No;
    post: BodyDoor<Schemas["BatchRequest"], { seed: number; examples: Schemas["Example"][] }>;
  };
  "/api/v1/examples": { parameters: No; get: PlainDoor<ExampleQuery, Schemas["ExamplePage"]> };
  "/api/v1/examples/{id}": { parameters: No; get: IdDoor<Schemas["Example"]> };
  "/api/v1/examples/{id}/review": {
    parameters: No;
    post: IdBodyDoor<Schemas["Review"], Schemas["Example"]>;
  };
  "/api/v1/examples/accept": {
    parameters: No;
    post: BodyDoor<Schemas["AcceptRequest"] & { dryRun?: boolean }, Schemas["Changed"]>;
  };
  "/api/v1/examples/undo": { parameters: No; post: PlainDoor<never, Schemas["Changed"]> };
  "/api/v1/examples/twins": {
    parameters: No;
    get: PlainDoor<{ batch?: string; threshold?: number }, Schemas["TwinCluster"][]>;
  };
  "/api/v1/readiness": { parameters: No; get: PlainDoor<{ subject?: string }, Schemas["Readiness"]> };
  "/api/v1/tuning": { parameters: No; post: BodyDoor<Schemas["TuningRequest"], Schemas["Run"]> };
}

interface ExampleQuery {
  subject?: string;
  batch?: string;
  status?: Schemas["ExampleStatus"];
  genre?: string;
  style?: string;
  minQuality?: number;
  maxQuality?: number;
  reviewed?: boolean;
  text?: string;
  limit?: number;
  before?: number;
}
