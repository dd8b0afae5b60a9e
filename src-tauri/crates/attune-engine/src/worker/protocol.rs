//! What the owner and its worker say to each other.
//!
//! Invariant: both sides are the same binary, but an upgrade can replace the file while a worker runs, so
//! every line carries its version and what is not understood is not acted on.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::runs::{Hyperparameters, Method, Phase, Point};

pub(crate) const VERSION: u32 = 1;

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
    pub(crate) dataset_hash: String,
    pub(crate) hyperparameters: Hyperparameters,
    /// Exists, and holds nothing but what this job writes.
    pub(crate) run_folder: PathBuf,
    pub(crate) run_directory: String,
}

/// From the owner. End of input means the same as `discard`, as nobody is left to give a better order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "command", rename_all = "snake_case")]
pub(crate) enum Command {
    StopAndSave,
    Discard,
}

/// From the worker. The last line is `finished`, `stopped` or `failed`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub(crate) enum Message {
    Phase {
        phase: Phase,
    },
    Step {
        point: Point,
        total_steps: u64,
    },
    /// The adapter folder is complete.
    Finished {
        final_loss: f64,
    },
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
        assert_eq!(line, r#"{"version":1,"event":"stopped"}"#);
        let read: Versioned<Message> = serde_json::from_str(&line).unwrap();
        assert_eq!(read.body, Message::Stopped);
    }
}
