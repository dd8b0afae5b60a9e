//! The shapes of the contract. Names are camelCase; the engine's types know nothing of them.

mod exchange;
mod generation;

use std::path::PathBuf;

use serde::{Deserialize, Deserializer, Serialize};
use utoipa::{IntoParams, ToSchema};

pub use exchange::*;
pub use generation::*;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum RunStatus {
    Queued,
    Running,
    Completed,
    Failed,
    Cancelled,
    Interrupted,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Phase {
    Loading,
    Preparing,
    Training,
    Saving,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Method {
    SoftPrompt,
    Lora,
}

/// One local training.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Run {
    pub id: String,
    pub run_identifier: String,
    pub status: RunStatus,
    /// What a running run is busy with.
    #[schema(required)]
    pub phase: Option<Phase>,
    pub base_model: String,
    pub method: Method,
    pub source_path: String,
    pub samples_used: u64,
    pub samples_skipped: u64,
    /// Plain sentences about the data and the result.
    pub notices: Vec<String>,
    pub epochs: u32,
    pub batch_size: u32,
    pub learning_rate: f64,
    pub seed: u64,
    pub step: u64,
    pub total_steps: u64,
    /// Of the last step, while running: nats per target token.
    #[schema(required)]
    pub loss: Option<f64>,
    #[schema(required)]
    pub tokens_per_second: Option<f64>,
    #[schema(required)]
    pub seconds_left: Option<f64>,
    /// Mean over the last epoch: nats per target token.
    #[schema(required)]
    pub final_loss: Option<f64>,
    #[schema(required)]
    pub error_message: Option<String>,
    /// Absolute path of the run's folder.
    pub run_directory: String,
    /// Absolute path of the output folder, which holds `latest`.
    pub output_dir: String,
    /// SHA-256 of the adapter's weights.
    #[schema(required)]
    pub adapter_digest: Option<String>,
    pub created_at: String,
    #[schema(required)]
    pub started_at: Option<String>,
    #[schema(required)]
    pub finished_at: Option<String>,
    #[schema(required)]
    pub duration_seconds: Option<f64>,
}

/// A run to queue; everything but the source has a default.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RunRequest {
    /// `run_` and a ULID, made by the client: repeating the request does not start a second run.
    pub id: Option<String>,
    /// The source; means the same as `dataPath`.
    pub database_path: Option<String>,
    /// The source: absolute path of JSON lines, a CSV file or a SQLite database.
    pub data_path: Option<String>,
    /// Absolute path; default: a folder named after the source in the data folder.
    pub output_dir: Option<String>,
    /// `auto`, a name, a hub id or the absolute path of a folder.
    pub base_model: Option<String>,
    pub method: Option<Method>,
    pub run_identifier: Option<String>,
    /// Name of the run's folder in the output folder.
    pub run_directory: Option<String>,
    pub max_samples: Option<u32>,
    pub epochs: Option<u32>,
    pub batch_size: Option<u32>,
    pub learning_rate: Option<f64>,
    pub source_max_tokens: Option<u32>,
    pub target_max_tokens: Option<u32>,
    pub seed: Option<u64>,
    /// Only with the method `lora`; default 16.
    pub lora_rank: Option<u32>,
    /// Only with the method `lora`; default: twice the rank.
    pub lora_alpha: Option<f64>,
    /// Only with the method `lora`: some of q, k, v, o, wi_0, wi_1, wo; default q and v.
    pub lora_targets: Option<Vec<String>>,
}

/// What deleting a run changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Removed {
    /// Space that its files took.
    pub freed_bytes: u64,
    /// The run folder that `latest` points to now, because it pointed to the deleted one.
    #[schema(required)]
    pub latest_moved_to: Option<String>,
}

/// One optimiser step of a run.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Point {
    pub step: u64,
    pub epoch: f64,
    pub loss: f64,
    pub learning_rate: f64,
    pub gradient_norm: f64,
    pub tokens_per_second: f64,
    pub elapsed_seconds: f64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Metrics {
    /// At most 500, evenly chosen, the first and the last among them.
    pub points: Vec<Point>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Limit {
    /// The newest so many, at most 1000.
    #[serde(default = "default_limit")]
    #[param(default = 50, maximum = 1000)]
    pub limit: u32,
}

fn default_limit() -> u32 {
    50
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SourceQuestion {
    /// Absolute path of JSON lines, a CSV file or a SQLite database.
    pub path: String,
    #[serde(default)]
    pub max_samples: Option<u32>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SourceKind {
    /// A database with a table `ask_ai_queries`.
    AskAi,
    /// One JSON object per line.
    Jsonl,
    Csv,
    /// A database with another table of two fitting columns.
    SqliteTable,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SkippedRows {
    /// What stands there cannot be read as a row.
    pub malformed: u64,
    /// The input or the output is not there.
    pub missing_field: u64,
    /// An empty input or an empty output.
    pub empty_text: u64,
    /// Ask AI: no suggestion, or none with a description.
    pub without_suggestion: u64,
    /// Ask AI: no suggestion is approved.
    pub not_approved: u64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SampleRow {
    pub input: String,
    pub output: String,
}

/// What is in a source.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SourceSummary {
    pub path: String,
    pub kind: SourceKind,
    pub rows: u64,
    pub usable: u64,
    pub skipped: SkippedRows,
    pub distinct_answers: u64,
    pub notices: Vec<String>,
    /// The first five usable rows.
    pub sample_rows: Vec<SampleRow>,
    pub dataset_hash: String,
}

/// A base model on this computer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Base {
    pub name: String,
    pub path: String,
    pub parameters: u64,
    /// Of its files together.
    pub size_bytes: u64,
    pub bundled: bool,
    /// Whether every file has the published SHA-256; never so for a base that Attune does not know.
    pub verified: bool,
    pub chosen_by_auto: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FetchRequest {
    /// Owner and name.
    #[schema(example = "google/flan-t5-small")]
    pub hub_id: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum FetchStatus {
    Fetching,
    Completed,
    Failed,
    /// Somebody stopped it; what has arrived is kept.
    Cancelled,
}

/// A base model on its way from the hub.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Fetch {
    pub hub_id: String,
    pub status: FetchStatus,
    /// What is being fetched.
    #[schema(required)]
    pub file: Option<String>,
    /// Of all files, those included that were here before.
    pub bytes_done: u64,
    /// 0 until the hub has said it.
    pub bytes_total: u64,
    /// Of a completed one.
    #[schema(required)]
    pub verified: Option<bool>,
    #[schema(required)]
    pub error_message: Option<String>,
    /// What the person can do about a failure.
    #[schema(required)]
    pub hint: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Settings {
    pub soft_prompt_enabled: bool,
    #[schema(required)]
    pub soft_prompt_model_dir: Option<String>,
    pub soft_prompt_confidence_threshold: f64,
    #[schema(required)]
    pub soft_prompt_database_path: Option<String>,
    pub training_base_model: String,
    pub training_method: Method,
    pub training_max_samples: u32,
    pub training_epochs: u32,
}

/// Values to change; what is absent stays, and `null` clears a path.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SettingsChange {
    pub soft_prompt_enabled: Option<bool>,
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub soft_prompt_model_dir: Option<Option<PathBuf>>,
    pub soft_prompt_confidence_threshold: Option<f64>,
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub soft_prompt_database_path: Option<Option<PathBuf>>,
    pub training_base_model: Option<String>,
    pub training_method: Option<Method>,
    pub training_max_samples: Option<u32>,
    pub training_epochs: Option<u32>,
}

/// Tells `null` from absent: serde asks only for fields that are there.
fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(field: D) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(field).map(Some)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum OwnerKind {
    Window,
    Server,
    Command,
}

/// The process that owns the data folder.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct OwnerProcess {
    pub kind: OwnerKind,
    pub process_id: u32,
    /// Where it listens for scripts and browsers.
    #[schema(required)]
    pub address: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Status {
    pub version: String,
    pub owner: OwnerProcess,
    pub data_folder: String,
    #[schema(required)]
    pub active_run_id: Option<String>,
}

/// First of a stream of events, and again whenever the reader was too slow.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SnapshotEvent {
    pub sequence: u64,
    /// The 50 newest runs.
    pub runs: Vec<Run>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct RunEvent {
    pub sequence: u64,
    pub run: Run,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RemovedEvent {
    pub sequence: u64,
    pub run_id: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PointEvent {
    pub sequence: u64,
    pub run_id: String,
    pub point: Point,
}
