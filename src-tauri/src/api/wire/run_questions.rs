//! What is asked about runs: which of them, what a new one would take, what one takes on the disk.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{Method, RunSettings};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Limit {
    /// The newest so many, at most 1000.
    #[serde(default = "default_limit")]
    #[param(default = 50, maximum = 1000)]
    pub limit: u32,
}

/// A part of the list of runs. A list that is read in parts goes on with the id of its last run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PartOfRuns {
    /// The newest so many, at most 1000.
    #[serde(default = "default_limit")]
    #[param(default = 50, maximum = 1000)]
    pub limit: u32,
    /// The id of a run: only those that were made before it.
    #[serde(default)]
    pub before: Option<String>,
}

fn default_limit() -> u32 {
    50
}

/// Everything that defaults depend on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct DefaultsQuestion {
    /// Default: `soft-prompt`, or that of the adapter to begin with.
    #[serde(default)]
    pub method: Option<Method>,
    /// Absolute path of an adapter folder to begin with, as in a request for a run.
    #[serde(default)]
    pub start_from: Option<String>,
    /// Rows to train on, without those that are held out.
    #[serde(default = "one_row")]
    #[param(default = 1)]
    pub rows: u32,
}

fn one_row() -> u32 {
    1
}

/// What a run takes where a request chooses nothing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RunDefaults {
    pub method: Method,
    pub epochs: u32,
    pub batch_size: u32,
    pub learning_rate: f64,
    pub seed: u64,
    pub settings: RunSettings,
}

/// How much memory a run will need.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct MemoryPrediction {
    /// Bytes at most at once, to about a quarter.
    pub needed_bytes: u64,
    /// What programs can have now; absent where the system does not say.
    #[schema(required)]
    pub free_bytes: Option<u64>,
}

/// What something takes on the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Space {
    pub bytes: u64,
}
