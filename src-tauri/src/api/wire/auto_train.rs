//! The shapes of the older door for generating examples: names with underscores, quality from 0 to 10.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Batch, BatchRequest, Readiness};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AutoTrainRequest {
    pub user_id: Option<String>,
    /// Taken for the sake of those who send it; examples belong to the user.
    pub organization_id: Option<String>,
    #[schema(minimum = 1, maximum = 500)]
    pub num_examples: u32,
    #[serde(default)]
    pub genres: Option<Vec<String>>,
    #[serde(default)]
    pub store_in_memory: bool,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AutoTrainResult {
    pub total_requested: u32,
    pub successful: u32,
    pub failed: u32,
    /// Kept examples by genre.
    pub genre_distribution: BTreeMap<String, u32>,
    /// Of what was kept, 0 to 10; 0 if nothing was.
    pub average_quality: f64,
    /// In seconds.
    pub total_time: f64,
    pub training_stats: TrainingStats,
    pub ready_for_finetuning: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TrainingStats {
    pub training_examples: u64,
    pub examples_until_next_training: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TrainingGenres {
    pub genres: Vec<String>,
    pub total: u64,
}

impl From<AutoTrainRequest> for BatchRequest {
    fn from(wanted: AutoTrainRequest) -> Self {
        Self {
            subject: wanted.user_id,
            genres: wanted.genres.unwrap_or_default(),
            store_in_memory: wanted.store_in_memory,
            ..Self::of(wanted.num_examples)
        }
    }
}

impl AutoTrainResult {
    /// What a batch that has ended came to, and where its subject stands now.
    pub fn of(batch: &Batch, readiness: &Readiness) -> Self {
        let tallies = &batch.tallies;
        let total_requested = batch.num_examples;
        let attempts = total_requested.max(tallies.attempts);
        Self {
            total_requested,
            successful: tallies.kept,
            failed: attempts - tallies.kept,
            genre_distribution: tallies
                .genres
                .iter()
                .filter(|tally| tally.kept > 0)
                .map(|tally| (tally.genre.clone(), tally.kept))
                .collect(),
            average_quality: tenths(10.0 * tallies.mean_kept_quality.unwrap_or_default()),
            total_time: tenths(tallies.active_seconds),
            training_stats: TrainingStats {
                training_examples: readiness.new_examples,
                examples_until_next_training: readiness.until_ready,
            },
            ready_for_finetuning: readiness.until_ready == 0,
        }
    }
}

/// Rounded to one decimal, as this door shows numbers.
fn tenths(number: f64) -> f64 {
    (number * 10.0).round() / 10.0
}
