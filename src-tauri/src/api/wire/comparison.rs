//! Base and tuned answers beside each other.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What the base and the tuned model of a run answer to rows that the run never trained on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Comparison {
    #[serde(flatten)]
    pub begun: ComparisonBegun,
    /// Rows that the base answers exactly as expected.
    pub base_exact: u64,
    /// Rows that the tuned model answers exactly as expected.
    pub tuned_exact: u64,
    /// In the order of the source.
    pub rows: Vec<ComparedRow>,
}

/// A comparison before its first row.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ComparisonBegun {
    pub run_id: String,
    pub base_model: String,
    /// SHA-256 of the base's weights.
    pub base_digest: String,
    pub adapter_digest: String,
    /// Rows that the run held out.
    pub held_out: u64,
    /// Rows that are compared: the first 500 of those, without any that are too long for the base.
    pub total: u64,
    /// The longest that an answer may be, in tokens. Both are greedy.
    pub max_new_tokens: u64,
    /// Plain sentences about what the comparison does not cover.
    pub notices: Vec<String>,
}

/// One held-out row with both answers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ComparedRow {
    pub input: String,
    pub expected: String,
    pub base: String,
    pub tuned: String,
    pub base_is_exact: bool,
    pub tuned_is_exact: bool,
}
