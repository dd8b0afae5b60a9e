//! Base models: what is here, and what is on its way.

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

/// A base model that Attune knows and this computer has not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct FetchableBase {
    pub hub_id: String,
    /// Of its published files together.
    pub size_bytes: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FetchRequest {
    /// Owner and name; for a chat model the file too, as `OWNER/NAME/FILE.gguf`.
    #[schema(example = "google/flan-t5-small")]
    pub hub_id: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum FetchStatus {
    Fetching,
    Completed,
    Failed,
    /// Somebody stopped it; what has arrived is kept.
    Cancelled,
}

/// A model on its way from the hub.
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
    /// Of a completed one: the folder of a base, or the file of a chat model.
    #[schema(required)]
    pub path: Option<String>,
    #[schema(required)]
    pub error_message: Option<String>,
    /// What the person can do about a failure.
    #[schema(required)]
    pub hint: Option<String>,
}
