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
    /// Whether a tuning begins by itself as soon as 50 new examples are accepted.
    pub automatic_tuning_enabled: bool,
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
    pub automatic_tuning_enabled: Option<bool>,
}

/// Where every value comes from.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SettingSources {
    /// What can be changed here.
    pub settings: Vec<SettingSource>,
    /// What was decided before Attune started.
    pub surroundings: Vec<Surrounding>,
}

/// One setting, and what decides it.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SettingSource {
    pub name: String,
    pub value: serde_json::Value,
    pub source: Source,
    /// What takes the value's place when it is reset.
    pub otherwise: serde_json::Value,
    pub otherwise_source: Source,
    /// The variable that may set it.
    pub variable: String,
    /// Why that variable, although set, decides nothing.
    #[schema(required)]
    pub refused: Option<String>,
}

/// A folder or a variable. Secrets are without their value.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Surrounding {
    pub name: String,
    /// Absent where nothing is set, and for secrets.
    #[schema(required)]
    pub value: Option<String>,
    /// Whether something is set that is not shown.
    pub is_hidden: bool,
    pub source: Source,
    pub variable: String,
    /// Why what is set cannot be used.
    #[schema(required)]
    pub problem: Option<String>,
}

/// What decides a value. Each goes before those named earlier.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(tag = "kind", rename_all = "camelCase")]
pub enum Source {
    Default,
    Environment {
        variable: String,
        /// The `.env.local` that sets the variable; absent where the process has it.
        #[schema(required)]
        file: Option<String>,
    },
    /// It was set here and is stored.
    Here,
    CommandLine {
        option: String,
    },
}

/// Tells `null` from absent: serde asks only for fields that are there.
pub(super) fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    field: D,
) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(field).map(Some)
}
