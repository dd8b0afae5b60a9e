//! Findings, room and log.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Soundness {
    Good,
    /// Works, but not as well as it could.
    Warning,
    /// Attune cannot work so.
    Failure,
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Finding {
    #[schema(example = "disk")]
    pub check: String,
    pub verdict: Soundness,
    pub found: String,
    /// What to do about it.
    #[schema(required)]
    pub advice: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum StoredKind {
    Database,
    Runs,
    Datasets,
    Adapters,
    Exports,
    Logs,
    Other,
    /// In the Hugging Face cache, which other programs share.
    Bases,
}

/// What takes room, and where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Stored {
    pub kind: StoredKind,
    pub path: String,
    pub bytes: u64,
    pub files: u64,
    /// Why the number is too small.
    #[schema(required)]
    pub problem: Option<String>,
}

/// How much room what Attune keeps takes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Storage {
    /// The data folder.
    pub folder: String,
    /// Left on its disk; absent where the system does not say.
    #[schema(required)]
    pub free_bytes: Option<u64>,
    pub stored: Vec<Stored>,
}

/// A day that has a log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct LogDay {
    /// In UTC.
    #[schema(example = "2026-11-21")]
    pub day: String,
    pub bytes: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum LogLevel {
    Error,
    Warning,
    Info,
    Debug,
}

/// Which entries are wanted.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct LogQuery {
    /// This level and what matters more.
    pub level: Option<LogLevel>,
    /// Anywhere in the entry, in any case of letters.
    pub text: Option<String>,
    pub request_id: Option<String>,
    /// `next` of the page before.
    pub before: Option<u64>,
    /// 1 to 500, 100 if absent.
    pub limit: Option<u32>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct LogEntry {
    /// Where it begins in the file.
    pub position: u64,
    pub at: String,
    pub level: LogLevel,
    /// The request that it belongs to.
    #[schema(required)]
    pub request_id: Option<String>,
    pub text: String,
}

/// Entries, the newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct LogPage {
    pub entries: Vec<LogEntry>,
    /// Where to go on; absent at the beginning of the day. An empty page may have one: nothing in the piece of the
    /// file that was looked at was wanted.
    #[schema(required)]
    pub next: Option<u64>,
}
