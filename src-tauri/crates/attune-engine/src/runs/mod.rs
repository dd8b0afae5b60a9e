//! Local trainings: a row first, then a child process.
//!
//! Not here: the mathematics (`attune_tuning`) and what happens inside the child (`worker`).
//! Invariants: at most one run is `running` (the database enforces it); a row that ended never changes again.

mod attend;
mod choices;
pub(crate) mod dispatcher;
pub(crate) mod events;
mod follow;
mod hyperparameters;
pub(crate) mod kept_files;
pub(crate) mod left_over;
pub(crate) mod metrics;
pub(crate) mod removal;
pub(crate) mod request;
pub(crate) mod resume;
pub(crate) mod start;
mod words;
mod worker_process;

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

pub use hyperparameters::{Course, Hyperparameters, LoraDimensions, PromptDimensions};
pub(crate) use words::words;
pub use words::{Decay, InitialPrompt, Method, Phase, Precision, RunStatus, Stopped};

use crate::ids::prefixed_id;
use crate::{AdapterDigest, DatasetId};

prefixed_id! {
    /// `run_` and a ULID.
    RunId, "run_"
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

/// One evaluation of the held-out rows as it is kept and shown.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ValidationPoint {
    /// The step after which it was made.
    pub step: u64,
    /// As [`Point::epoch`].
    pub epoch: f64,
    /// Mean cross-entropy per target token of all held-out rows, in nats.
    pub loss: f64,
}

/// The curves of a run, each thinned evenly to at most 500 points.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Curves {
    pub points: Vec<Point>,
    /// Empty where no row is held out.
    pub validation: Vec<ValidationPoint>,
}

impl Curves {
    /// The first evaluation with the lowest loss, as the trainer chooses it.
    pub(crate) fn best(&self) -> Option<Best> {
        let lowest =
            self.validation.iter().reduce(|best, next| if next.loss < best.loss { next } else { best });
        lowest.map(|point| Best { step: point.step, loss: point.loss })
    }
}

/// The evaluation with the lowest loss, whose adapter is kept.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Best {
    pub step: u64,
    /// Mean cross-entropy per target token of all held-out rows, in nats.
    pub loss: f64,
}

/// What the learning self-check found: mean cross-entropy per target token of its batch, in nats.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct SelfCheck {
    pub loss_before: f64,
    pub loss_after: f64,
}

/// How much memory a run will need, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MemoryPrediction {
    /// At most at once, to about a quarter.
    pub needed: u64,
    /// What programs can have now; none where the system does not say.
    pub free: Option<u64>,
}

/// What a run is computed in, and why: for people to read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Computation {
    /// Never [`Precision::Auto`].
    pub precision: Precision,
    /// What multiplies, such as `AVX2`.
    pub kernel: String,
    pub why: String,
}

impl From<attune_tuning::Computation> for Computation {
    fn from(settled: attune_tuning::Computation) -> Self {
        Self { precision: settled.precision.into(), kernel: settled.kernel.to_string(), why: settled.why }
    }
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
    pub best: Option<Best>,
    /// Resident memory of the worker.
    pub memory_bytes: Option<u64>,
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
    /// Usable rows: those that are trained on and those that are held out.
    pub samples_used: u64,
    /// Rows that are never trained on and decide which adapter is kept.
    pub held_out: u64,
    pub samples_skipped: u64,
    pub notices: Vec<String>,
    pub hyperparameters: Hyperparameters,
    pub final_loss: Option<f64>,
    /// The evaluation that decided which adapter is kept; none where no row is held out.
    pub best: Option<Best>,
    /// None until the worker has settled it, and of runs that are older than this.
    pub computation: Option<Computation>,
    /// None where it was skipped or not made yet.
    pub self_check: Option<SelfCheck>,
    /// Why a completed run ended before its last step.
    pub stopped: Option<Stopped>,
    /// Whether a new run can go on from this one. Not stored: it is so as long as there is a checkpoint.
    pub resumable: bool,
    /// The run that this one goes on from.
    pub resumed_from: Option<RunId>,
    /// The adapter that this run began with.
    pub started_from: Option<PathBuf>,
    /// The dataset that it trains on, where that is one of Attune's.
    pub dataset: Option<DatasetId>,
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
