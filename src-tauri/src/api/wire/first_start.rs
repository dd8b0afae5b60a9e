//! Sample rows, and the first start that is made of them.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::SampleRow;

/// Rows that ship with Attune.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Sample {
    /// What a request names it by.
    pub name: String,
    pub title: String,
    /// A sentence about what is in it.
    pub about: String,
    pub path: String,
    /// Rows in it, those that a run holds out included.
    pub rows: u64,
    pub held_out: u64,
    /// Its first rows, to give an idea.
    pub examples: Vec<SampleRow>,
}

/// Where a person stands with the first start.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct FirstStart {
    /// Whether to begin with it rather than with the usual pages.
    pub wanted: bool,
    /// The run that was started there last.
    #[schema(required)]
    pub run_id: Option<String>,
    /// What is trained on.
    pub sample: Sample,
}

#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FirstRunRequest {
    /// `run_` and a ULID, made by the client so that a repeated request does not start a second run.
    pub id: Option<String>,
}
