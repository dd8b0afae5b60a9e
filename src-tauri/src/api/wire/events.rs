//! What may come down the stream of events.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Batch, Example, Point, Run, ValidationPoint};

/// First of a stream of events, and again whenever the reader was too slow.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SnapshotEvent {
    pub sequence: u64,
    /// The 50 newest runs.
    pub runs: Vec<Run>,
    /// The 20 newest batches of examples.
    pub batches: Vec<Batch>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct RunEvent {
    pub sequence: u64,
    pub run: Run,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RemovedEvent {
    pub sequence: u64,
    pub run_id: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PointEvent {
    pub sequence: u64,
    pub run_id: String,
    pub point: Point,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ValidationEvent {
    pub sequence: u64,
    pub run_id: String,
    pub validation: ValidationPoint,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct BatchEvent {
    pub sequence: u64,
    pub batch: Batch,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct BatchRemovedEvent {
    pub sequence: u64,
    pub batch_id: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ExampleEvent {
    pub sequence: u64,
    pub example: Example,
}
