//! Runs: what is asked for, what is shown, and the curve.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

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
    /// Finding out whether these settings learn anything from these rows.
    Checking,
    Training,
    /// Computing the loss of the rows that are held out.
    Evaluating,
    Saving,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Method {
    SoftPrompt,
    Lora,
}

/// Where a soft prompt starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum InitialPrompt {
    /// From the outputs of the rows.
    Outputs,
    /// From a text that says the task.
    Text,
    /// From tokens drawn with the seed.
    Vocabulary,
    /// From numbers drawn with the seed.
    Random,
}

/// What becomes of the learning rate after its warm-up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Decay {
    Linear,
    Cosine,
    Constant,
}

/// The numbers that a training is computed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Precision {
    /// Bf16 where this computer is faster in it and its first steps agree with those of f32, else f32. The run's
    /// computation says which it became.
    Auto,
    F32,
    /// Several times as fast where the processor has it, slower where it has not; losses follow those of f32 within
    /// a percent or two.
    Bf16,
}

/// Why a completed run ended before its last step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Stopped {
    /// Somebody asked for it.
    Asked,
    /// The loss of the held-out rows improved no more.
    Early,
}

/// What the learning self-check found: nats per target token.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SelfCheck {
    pub loss_before: f64,
    pub loss_after: f64,
}

/// What a run is computed in, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Computation {
    /// Never `auto`.
    pub precision: Precision,
    /// What multiplies, such as AVX2.
    pub kernel: String,
    /// For people to read.
    pub why: String,
}

/// Everything that decides what a run computes, besides the epochs, batch size, learning rate and seed of the run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RunSettings {
    /// Rows of a soft prompt.
    #[schema(required)]
    pub prompt_rows: Option<u32>,
    #[schema(required)]
    pub initial_prompt: Option<InitialPrompt>,
    #[schema(required)]
    pub initial_text: Option<String>,
    #[schema(required)]
    pub lora_rank: Option<u32>,
    #[schema(required)]
    pub lora_alpha: Option<f64>,
    #[schema(required)]
    pub lora_targets: Option<Vec<String>>,
    pub warmup_steps: u32,
    pub decay: Decay,
    pub accumulation_steps: u32,
    #[schema(required)]
    pub batch_tokens: Option<u32>,
    /// 0 where gradients are not shortened.
    pub gradient_clip: f64,
    pub weight_decay: f64,
    pub dropout: f64,
    pub precision: Precision,
    /// 0 where the run never ends early.
    pub patience: u32,
    /// Absent where the held-out rows are evaluated after each epoch.
    #[schema(required)]
    pub validation_steps: Option<u32>,
    pub source_max_tokens: u32,
    pub target_max_tokens: u32,
    /// Absent in runs that were made before it was kept.
    #[schema(required)]
    pub max_samples: Option<u32>,
    pub skip_self_check: bool,
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
    /// Usable rows: those that are trained on and those that are held out.
    pub samples_used: u64,
    /// Rows that are never trained on and decide which adapter is kept.
    pub held_out: u64,
    pub samples_skipped: u64,
    /// Plain sentences about the data and the result.
    pub notices: Vec<String>,
    pub epochs: u32,
    pub batch_size: u32,
    pub learning_rate: f64,
    pub seed: u64,
    pub settings: RunSettings,
    pub step: u64,
    pub total_steps: u64,
    /// Of the last step, while running: nats per target token.
    #[schema(required)]
    pub loss: Option<f64>,
    #[schema(required)]
    pub tokens_per_second: Option<f64>,
    #[schema(required)]
    pub seconds_left: Option<f64>,
    /// Resident memory of the training process, while running.
    #[schema(required)]
    pub memory_bytes: Option<u64>,
    /// Mean over the last epoch: nats per target token.
    #[schema(required)]
    pub final_loss: Option<f64>,
    /// The lowest so far on the held-out rows: nats per target token. The adapter that is kept has it.
    #[schema(required)]
    pub validation_loss: Option<f64>,
    /// The step after which the validation loss was lowest.
    #[schema(required)]
    pub best_step: Option<u64>,
    /// Absent until it is settled, and of runs of older versions.
    #[schema(required)]
    pub computation: Option<Computation>,
    /// Absent where it was skipped or not made yet.
    #[schema(required)]
    pub self_check: Option<SelfCheck>,
    #[schema(required)]
    pub stopped: Option<Stopped>,
    /// Whether a new run can go on from this one.
    pub resumable: bool,
    /// The run that this one goes on from.
    #[schema(required)]
    pub resumed_from: Option<String>,
    /// Absolute path of the adapter that this run began with.
    #[schema(required)]
    pub started_from: Option<String>,
    /// The dataset that it trains on, where that is one of Attune's.
    #[schema(required)]
    pub dataset: Option<String>,
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
    /// The source, instead of either: the name of rows that ship with Attune. Their settings are the defaults then.
    pub sample: Option<String>,
    /// The source, instead of any other: the id of a dataset. The run is named after it.
    pub dataset: Option<String>,
    /// Absolute path; default: a folder named after the source in the data folder.
    pub output_dir: Option<String>,
    /// `auto`, a name, a hub id or the absolute path of a folder.
    pub base_model: Option<String>,
    pub method: Option<Method>,
    pub run_identifier: Option<String>,
    /// Name of the run's folder in the output folder.
    pub run_directory: Option<String>,
    /// A run to go on from, exactly as if it had never stopped. Nothing but `id`, `runIdentifier` and `runDirectory`
    /// may be given besides: all else is that run's.
    pub resume_from: Option<String>,
    /// Absolute path of an adapter folder to begin with; what kind of adapter is trained is then its own.
    pub start_from: Option<String>,
    pub max_samples: Option<u32>,
    pub epochs: Option<u32>,
    pub batch_size: Option<u32>,
    pub learning_rate: Option<f64>,
    pub source_max_tokens: Option<u32>,
    pub target_max_tokens: Option<u32>,
    pub seed: Option<u64>,
    /// Only with the method `soft-prompt`: 1 to 200; default 20.
    pub prompt_rows: Option<u32>,
    /// Only with the method `soft-prompt`; default `outputs`.
    pub initial_prompt: Option<InitialPrompt>,
    /// Only with the initial prompt `text`, which it implies.
    pub initial_text: Option<String>,
    /// Steps over which the learning rate rises; default 5.
    pub warmup_steps: Option<u32>,
    /// Default `linear`.
    pub decay: Option<Decay>,
    /// Batches in a step: 1 to 256; default 1.
    pub accumulation_steps: Option<u32>,
    /// The most tokens in a batch: 16 or more; default: no limit.
    pub batch_tokens: Option<u32>,
    /// The longest a gradient may be; 0 leaves it as it is; default 1.
    pub gradient_clip: Option<f64>,
    /// 0 to 1; default 0.
    pub weight_decay: Option<f64>,
    /// At least 0 and below 1; default 0.
    pub dropout: Option<f64>,
    /// Default: f32.
    pub precision: Option<Precision>,
    /// Evaluations without a lower validation loss after which the run ends; 0 never ends it early; default 3.
    pub patience: Option<u32>,
    /// Steps between two evaluations of the held-out rows; default: an epoch.
    pub validation_steps: Option<u32>,
    /// Begins to train without the learning self-check.
    pub skip_self_check: Option<bool>,
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

/// One evaluation of the held-out rows.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ValidationPoint {
    /// The step after which it was made.
    pub step: u64,
    pub epoch: f64,
    /// Nats per target token.
    pub loss: f64,
}

/// Two curves, each of at most 500 points, evenly chosen, the first and the last among them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Metrics {
    pub points: Vec<Point>,
    /// Empty where no row is held out.
    pub validation: Vec<ValidationPoint>,
}
