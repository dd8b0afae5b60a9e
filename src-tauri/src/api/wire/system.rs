//! The process that owns the data folder.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum OwnerKind {
    Window,
    Server,
    Command,
}

/// The process that owns the data folder.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct OwnerProcess {
    pub kind: OwnerKind,
    pub process_id: u32,
    /// Where it listens for scripts and browsers.
    #[schema(required)]
    pub address: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Status {
    pub version: String,
    pub owner: OwnerProcess,
    pub data_folder: String,
    #[schema(required)]
    pub active_run_id: Option<String>,
}
