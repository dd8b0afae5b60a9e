//! Sources: what is in a file or database of rows.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

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
    /// Usable rows that a run would hold out: never trained on, and judged by.
    pub held_out: u64,
    pub skipped: SkippedRows,
    pub distinct_answers: u64,
    pub notices: Vec<String>,
    /// The first five usable rows.
    pub sample_rows: Vec<SampleRow>,
    pub dataset_hash: String,
}
