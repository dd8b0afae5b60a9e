//! What a run says of itself in `training_run.json`.

use std::collections::BTreeMap;

use attune_tuning::TrainedAdapter;

use super::protocol::Job;
use crate::artifacts::TrainingRecord;
use crate::runs::{Computation, SelfCheck, Stopped};

/// The record without the digests of the files, which come while they are written.
pub(super) fn record(
    job: &Job,
    weights_digest: String,
    computation: Computation,
    trained: &TrainedAdapter,
    stopped: Option<Stopped>,
    self_check: Option<SelfCheck>,
    rows: [usize; 2],
) -> TrainingRecord {
    let chosen = &job.hyperparameters;
    let [rows, held_out] = rows.map(|rows| rows as u64);
    TrainingRecord {
        run_id: job.run_identifier.clone(),
        base_model: job.base_model.clone(),
        base_model_digest: weights_digest,
        method: job.method.as_str().to_owned(),
        samples_used: rows + held_out,
        held_out,
        epochs: chosen.epochs,
        batch_size: chosen.batch_size,
        learning_rate: chosen.learning_rate,
        seed: chosen.seed,
        settings: Some(chosen.clone()),
        computation: Some(computation),
        self_check,
        steps: trained.steps as u64,
        final_loss: trained.final_loss,
        validation_loss: trained.validated.map(|best| best.loss),
        best_step: trained.validated.map(|best| best.step as u64),
        stopped,
        resumed_from: job.resumed_from.clone(),
        started_from: job.started_from.clone(),
        run_directory: job.run_directory.clone(),
        trained_at: crate::clock::now(),
        dataset_hash: job.dataset_hash.clone(),
        versions: BTreeMap::from([("attune".to_owned(), env!("CARGO_PKG_VERSION").to_owned())]),
        files: BTreeMap::new(),
    }
}
