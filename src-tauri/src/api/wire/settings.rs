//! Settings, and changes of them.

use std::path::PathBuf;

use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;

use super::Method;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Settings {
    pub soft_prompt_enabled: bool,
    #[schema(required)]
    pub soft_prompt_model_dir: Option<String>,
    pub soft_prompt_confidence_threshold: f64,
    #[schema(required)]
    pub soft_prompt_database_path: Option<String>,
    pub training_base_model: String,
    pub training_method: Method,
    pub training_max_samples: u32,
    pub training_epochs: u32,
}

/// Values to change; what is absent stays, and `null` clears a path.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SettingsChange {
    pub soft_prompt_enabled: Option<bool>,
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub soft_prompt_model_dir: Option<Option<PathBuf>>,
    pub soft_prompt_confidence_threshold: Option<f64>,
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub soft_prompt_database_path: Option<Option<PathBuf>>,
    pub training_base_model: Option<String>,
    pub training_method: Option<Method>,
    pub training_max_samples: Option<u32>,
    pub training_epochs: Option<u32>,
}

/// Tells `null` from absent: serde asks only for fields that are there.
pub(super) fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    field: D,
) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(field).map(Some)
}
