//! What the owner and its worker say to each other.
//!
//! Invariant: both sides are the same binary, but an upgrade can replace the file while a worker runs, so
//! every line carries its version and what is not understood is not acted on.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::runs::{
    Best, Computation, Hyperparameters, Method, Phase, Point, SelfCheck, Stopped, ValidationPoint,
};

pub(crate) const VERSION: u32 = 2;

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Versioned<T> {
    pub(crate) version: u32,
    #[serde(flatten)]
    pub(crate) body: T,
}

/// Everything a worker needs to know.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Job {
    pub(crate) run_identifier: String,
    pub(crate) base_model: String,
    pub(crate) base_folder: PathBuf,
    pub(crate) method: Method,
    /// JSON lines of `input` and `output`.
    pub(crate) dataset: PathBuf,
    /// The same, of the rows that are never trained on.
    pub(crate) held_out: Option<PathBuf>,
    pub(crate) dataset_hash: String,
    pub(crate) hyperparameters: Hyperparameters,
    /// Where checkpoints are written. If the run goes on from another, that one's lies here.
    pub(crate) checkpoint: PathBuf,
    /// The identifier of the run that this one goes on from.
    pub(crate) resumed_from: Option<String>,
    /// Where the adapter was found that the training began with.
    pub(crate) started_from: Option<PathBuf>,
    /// That adapter, where the training begins now.
    pub(crate) start: Option<Start>,
    /// What the run that this one goes on from was computed in.
    #[serde(default)]
    pub(crate) computation: Option<Computation>,
    /// Found by the run that this one goes on from.
    pub(crate) self_check: Option<SelfCheck>,
    /// Exists, and holds nothing but what this job writes and the curves that it goes on with.
    pub(crate) run_folder: PathBuf,
    pub(crate) run_directory: String,
}

/// The files of an adapter to begin with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Start {
    pub(crate) adapter_config: PathBuf,
    pub(crate) adapter_model: PathBuf,
}

/// From the owner. After the end of input nobody is left to give a better order: the worker leaves a checkpoint and
/// ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "command", rename_all = "snake_case")]
pub(crate) enum Command {
    /// End, and write the best adapter so far.
    StopAndSave,
    /// End, and leave nothing.
    Discard,
}

/// From the worker. The last line is `finished`, `stopped` or `failed`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub(crate) enum Message {
    Phase {
        phase: Phase,
    },
    /// It is settled what the run is computed in.
    Settled {
        computation: Computation,
    },
    /// The self-check was passed.
    Checked {
        found: SelfCheck,
    },
    /// The first step is next, or the first one more.
    Begun {
        steps: u64,
        total_steps: u64,
        /// Rows of which an input or output was longer than it may be.
        cut_rows: u64,
    },
    Step {
        point: Point,
        total_steps: u64,
    },
    Validation {
        point: ValidationPoint,
        best: Best,
    },
    /// The adapter folder is complete.
    Finished {
        final_loss: f64,
        best: Option<Best>,
        stopped: Option<Stopped>,
    },
    /// Ended as it was told to, without an adapter.
    Stopped,
    Failed {
        message: String,
        hint: Option<String>,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_one_line_with_its_version() {
        let line = serde_json::to_string(&Versioned { version: VERSION, body: Message::Stopped }).unwrap();
        assert_eq!(line, r#"{"version":2,"event":"stopped"}"#);
        let read: Versioned<Message> = serde_json::from_str(&line).unwrap();
        assert_eq!(read.body, Message::Stopped);
    }
}
