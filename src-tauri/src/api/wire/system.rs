//! The process that owns the data folder.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::api::Problem;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum OwnerKind {
    Window,
    Server,
    Command,
}

impl OwnerKind {
    /// The owner of a data folder, as the doctor names it.
    pub(crate) fn described(self, process_id: u32, address: Option<&str>) -> String {
        let kind = match self {
            Self::Window => "a window",
            Self::Server => "a server",
            Self::Command => "a command",
        };
        let listening = address.map_or_else(
            || "not listening for others".to_owned(),
            |address| format!("listening on {address}"),
        );
        format!("{kind} (process {process_id}), {listening}")
    }
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

/// The listener for browsers and scripts of this computer.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Listener {
    /// Who listens. Only a window can be switched; a server always listens.
    pub owner: OwnerKind,
    /// Whether a window listens, as the settings say.
    pub enabled: bool,
    /// As the settings say; 0 stands for a free one.
    pub port: u32,
    /// Where it listens at this moment.
    #[schema(required)]
    pub address: Option<String>,
    /// Why a window does not listen although it should.
    #[schema(required)]
    pub refused: Option<Problem>,
}

/// What is absent stays as it is.
#[derive(Debug, Clone, PartialEq, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ListenerChange {
    pub enabled: Option<bool>,
    /// 1 to 65535, or 0 for a free one.
    pub port: Option<u32>,
}
