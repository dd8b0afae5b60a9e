//! Base models, and answers.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

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

#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GenerationRequest {
    pub prompt: String,
    /// A completed run whose adapter answers.
    #[serde(default)]
    pub run_id: Option<String>,
    /// Absolute path of an adapter folder or of `latest`.
    #[serde(default)]
    pub adapter: Option<String>,
    /// Default: the adapter's base, else `auto`.
    #[serde(default)]
    pub base_model: Option<String>,
    #[serde(default)]
    pub max_new_tokens: Option<u32>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Finish {
    EndOfSequence,
    Length,
}

/// An answer, and what answered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Generated {
    pub text: String,
    pub base_model: String,
    #[schema(required)]
    pub adapter_digest: Option<String>,
    pub new_tokens: u64,
    pub finish: Finish,
    pub milliseconds: f64,
}
