//! Importing base models and exporting adapters.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ImportRequest {
    /// Absolute path of the folder of a T5 v1.1 model.
    pub path: String,
    /// Owner and name; default: the published base whose bytes it has, else `imported/` and the folder's name.
    #[serde(default)]
    pub name: Option<String>,
}

/// A base model that was copied into the Hugging Face cache.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Imported {
    /// What it is called from now on.
    pub name: String,
    pub path: String,
    /// Of its files together.
    pub size_bytes: u64,
    /// Whether every file has the published SHA-256; never so for a base that Attune does not know.
    pub verified: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ExportRequest {
    /// A completed run, instead of `adapter`.
    #[serde(default)]
    pub run_id: Option<String>,
    /// Absolute path of an adapter folder or of `latest`.
    #[serde(default)]
    pub adapter: Option<String>,
    /// Absolute path of an empty folder, or of one that is not there yet.
    pub output: String,
    /// The base with the LoRA in its weights, instead of the adapter itself.
    #[serde(default)]
    pub merged: bool,
    /// Only with `merged`; default: the adapter's base.
    #[serde(default)]
    pub base_model: Option<String>,
}

/// What an export wrote.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Exported {
    pub path: String,
    /// Their names.
    pub files: Vec<String>,
    /// Of all files together.
    pub size_bytes: u64,
    /// SHA-256 of the adapter's weights.
    pub adapter_digest: String,
    /// The base that a merged export has in it.
    #[schema(required)]
    pub base_model: Option<String>,
}
