//! Local trainings: a row first, then a child process.
//!
//! Not here: the mathematics (`attune_tuning`) and what happens inside the child (`worker`).
//! Invariants: at most one run is `running` (the database enforces it); a row that ended never changes again.

pub(crate) mod dispatcher;
pub(crate) mod events;
pub(crate) mod left_over;
pub(crate) mod metrics;
pub(crate) mod removal;
pub(crate) mod request;
mod worker_process;

use std::fmt;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::{AdapterDigest, Error, Result};

/// `run_` and a ULID. Clients may make it, so that a repeated request is recognised.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RunId(String);

impl RunId {
    pub fn generate() -> Self {
        Self(format!("run_{}", ulid::Ulid::generate()))
    }

    /// # Errors
    /// [`Error::InvalidField`] if it is not `run_` and a ULID in its usual spelling.
    pub fn parse(text: &str) -> Result<Self> {
        let ulid = text.strip_prefix("run_").and_then(|rest| ulid::Ulid::from_string(rest).ok());
        match ulid {
            Some(ulid) if text == format!("run_{ulid}") => Ok(Self(text.to_owned())),
            _ => Err(Error::InvalidField {
                field: "id",
                value: format!("{text:?}"),
                reason: "an id is run_ followed by a ULID",
            }),
        }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RunId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// Declares an enum that is stored and shown by one lower-case word per value.
macro_rules! words {
    ($(#[$meta:meta])* $name:ident { $($(#[$value_meta:meta])* $value:ident = $word:literal),* $(,)? }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        pub enum $name { $($(#[$value_meta])* #[serde(rename = $word)] $value),* }

        impl $name {
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$value => $word),* }
            }

            /// `None` if no value has this word.
            pub fn from_word(word: &str) -> Option<Self> {
                match word { $($word => Some(Self::$value),)* _ => None }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(self.as_str())
            }
        }
    };
}

words! {
    RunStatus {
        Queued = "queued",
        Running = "running",
        Completed = "completed",
        Failed = "failed",
        Cancelled = "cancelled",
        /// Its process ended without a word: Attune was closed or killed.
        Interrupted = "interrupted",
    }
}

words! {
    /// What a running run is busy with.
    Phase {
        Loading = "loading",
        Preparing = "preparing",
        Training = "training",
        Saving = "saving",
    }
}

words! {
    Method {
        SoftPrompt = "soft-prompt",
        Lora = "lora",
    }
}

impl RunStatus {
    pub fn is_active(self) -> bool {
        matches!(self, Self::Queued | Self::Running)
    }
}

/// One optimiser step as it is kept and shown.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Point {
    /// Counted from 1.
    pub step: u64,
    /// Epochs that this step ends, as a fraction: 1.5 is half through the second.
    pub epoch: f64,
    /// Mean cross-entropy per target token of the step's batch, in nats.
    pub loss: f64,
    pub learning_rate: f64,
    /// Euclidean norm before clipping.
    pub gradient_norm: f64,
    /// Source and target tokens a second since training began.
    pub tokens_per_second: f64,
    /// Seconds since training began.
    pub elapsed_seconds: f64,
}

/// How far a running run is; not stored, gone when it ends.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Progress {
    pub phase: Option<Phase>,
    pub step: u64,
    pub total_steps: u64,
    pub loss: Option<f64>,
    pub tokens_per_second: Option<f64>,
    pub seconds_left: Option<f64>,
}

/// Everything that decides what a training computes; frozen when the run is created.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Hyperparameters {
    pub epochs: u32,
    pub batch_size: u32,
    pub learning_rate: f64,
    /// Tokens of an input that are read, the end of sequence included.
    pub source_max_tokens: u32,
    /// Tokens of an output that are learned, the end of sequence included.
    pub target_max_tokens: u32,
    pub seed: u64,
    /// Dimensions of a LoRA adapter; absent for a soft prompt.
    #[serde(default)]
    pub lora: Option<LoraDimensions>,
}

/// The dimensions of a LoRA adapter.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LoraDimensions {
    pub rank: u32,
    /// What is learned is multiplied by `alpha / rank`.
    pub alpha: f64,
    /// Modules by their last name, in every layer: q, k, v, o, wi_0, wi_1, wo.
    pub targets: Vec<String>,
}

/// One training, with its progress while it is running.
#[derive(Debug, Clone, PartialEq)]
pub struct Run {
    pub id: RunId,
    /// The person's name for it; unique only within its output folder.
    pub run_identifier: String,
    pub status: RunStatus,
    pub progress: Progress,
    pub base_model: String,
    pub base_folder: PathBuf,
    pub method: Method,
    pub source_path: PathBuf,
    pub dataset_hash: String,
    pub samples_used: u64,
    pub samples_skipped: u64,
    pub notices: Vec<String>,
    pub hyperparameters: Hyperparameters,
    pub final_loss: Option<f64>,
    pub error_message: Option<String>,
    pub run_directory: String,
    pub output_folder: PathBuf,
    pub adapter_digest: Option<AdapterDigest>,
    pub created_at: String,
    pub started_at: Option<String>,
    pub finished_at: Option<String>,
}

impl Run {
    /// The folder that holds the adapter and its metrics.
    pub fn folder(&self) -> PathBuf {
        self.output_folder.join(&self.run_directory)
    }

    /// From start to end, or to now while it is running.
    pub fn duration_seconds(&self) -> Option<f64> {
        let started = self.started_at.as_deref()?;
        let until = self.finished_at.clone().unwrap_or_else(crate::clock::now);
        crate::clock::seconds_between(started, &until)
    }
}
