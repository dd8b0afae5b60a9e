//! Batches of generated examples: request -> plan -> generators -> quality and twins -> rows.
//!
//! Not here: what there is to write about (`content`), how good a text is (`quality`), what makes a twin (`twins`), and
//! the tables (`store::batches`, `store::examples`).
//! Invariants: one batch runs at a time; each attempt becomes one row, committed with the batch's counters in one
//! transaction and in the order of the attempts, so that a batch that was killed goes on with exactly the rows that
//! are missing; what attempt number i asks for is a function of the batch's settings and i alone.

mod batch;
mod ensemble;
mod error;
mod estimate;
mod example;
pub(crate) mod generators;
pub(crate) mod judge;
mod plan;
mod readiness;
pub(crate) mod request;
mod review;
pub(crate) mod runner;
mod settings;

pub use batch::{Batch, BatchId, BatchProgress, BatchStatus, Discarded, GenreTally, Tallies};
pub use error::BatchError;
pub(crate) use estimate::SpeedKey;
pub use estimate::{Estimate, GeneratorEstimate, Measured};
pub use example::{
    Example, ExampleFilter, ExampleId, ExamplePage, ExampleSource, ExampleStatus, GeneratorKind,
    GeneratorName, Provenance, Rejection, RejectionKind, TwinCluster,
};
pub use readiness::{Readiness, ReadinessMark, Tuning};
pub(crate) use request::checked_subject;
pub use request::{BatchRequest, GeneratorChoice};
pub use review::{Review, Reviewed};
pub use runner::Preview;
pub use settings::{BatchSettings, PlannedGenre};

/// The subject of whoever names none.
pub(crate) const DEFAULT_SUBJECT: &str = "me";

#[cfg(test)]
mod tests;
