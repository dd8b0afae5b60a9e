//! The work itself: load, train, save.

use std::collections::BTreeMap;
use std::io;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use attune_tuning::{Example, LoraSettings, LoraTarget, TrainingConfig, TrainingOutcome, peft};

use super::protocol::{Job, Message};
use crate::artifacts::{AdapterFolder, NewAdapter, TrainingRecord};
use crate::bases::BaseFiles;
use crate::runs::metrics::MetricsWriter;
use crate::runs::{Phase, Point};
use crate::{Error, Result};

/// Trains the job and writes its adapter folder; the message to end with.
///
/// # Errors
/// Whatever makes the training impossible; the adapter folder is incomplete then.
pub(super) fn run(
    job: &Job,
    stop: &AtomicBool,
    send: &mut dyn FnMut(&Message) -> io::Result<()>,
) -> Result<Message> {
    // A message that nobody reads means that the owner is gone; stopping is the answer to that.
    let mut say = |message: &Message| {
        if send(message).is_err() {
            stop.store(true, Ordering::Relaxed);
        }
    };
    say(&Message::Phase { phase: Phase::Loading });
    let files = BaseFiles::read(&job.base_folder)?;
    let base = files.load(&job.base_folder)?;

    say(&Message::Phase { phase: Phase::Preparing });
    let examples = read_examples(job)?;
    let config = config(job, examples.len());
    let mut metrics = MetricsWriter::create(&job.run_folder)?;
    let mut metrics_failure = None;

    say(&Message::Phase { phase: Phase::Training });
    let began = Instant::now();
    let (mut tokens, mut steps) = (0_usize, 0);
    let outcome = attune_tuning::train(&base, &examples, &config, &mut |report| {
        if stop.load(Ordering::Relaxed) {
            return ControlFlow::Break(());
        }
        tokens += report.tokens;
        steps = report.step as u64;
        let elapsed_seconds = began.elapsed().as_secs_f64();
        let steps_per_epoch = report.total_steps as f64 / f64::from(job.hyperparameters.epochs);
        let point = Point {
            step: steps,
            epoch: report.step as f64 / steps_per_epoch,
            loss: report.loss,
            learning_rate: report.learning_rate,
            gradient_norm: report.gradient_norm,
            tokens_per_second: tokens as f64 / elapsed_seconds,
            elapsed_seconds,
        };
        if let Err(error) = metrics.append(&point) {
            metrics_failure = Some(error);
            return ControlFlow::Break(());
        }
        say(&Message::Step { point, total_steps: report.total_steps as u64 });
        ControlFlow::Continue(())
    })
    .map_err(|source| Error::Training { source })?;
    if let Some(error) = metrics_failure {
        return Err(error);
    }
    let trained = match outcome {
        TrainingOutcome::Finished(trained) => trained,
        TrainingOutcome::Cancelled { .. } => return Ok(Message::Stopped),
    };

    say(&Message::Phase { phase: Phase::Saving });
    let final_loss = trained.final_loss;
    let encoded =
        peft::encode(&trained.adapter, &job.base_model).map_err(|source| Error::Training { source })?;
    let adapter = NewAdapter {
        peft: &encoded,
        tokenizer_files: &files.tokenizer_files,
        record: record(job, &files, examples.len(), steps, final_loss),
    };
    AdapterFolder::write(&job.run_folder, adapter)?;
    Ok(Message::Finished { final_loss })
}

fn read_examples(job: &Job) -> Result<Vec<Example>> {
    let text =
        std::fs::read(&job.dataset).map_err(|source| Error::Read { path: job.dataset.clone(), source })?;
    crate::sources::thawed(&job.dataset, &text)
}

fn config(job: &Job, examples: usize) -> TrainingConfig {
    let chosen = &job.hyperparameters;
    TrainingConfig {
        epochs: chosen.epochs as usize,
        batch_size: chosen.batch_size as usize,
        learning_rate: chosen.learning_rate,
        source_max_tokens: chosen.source_max_tokens as usize,
        target_max_tokens: chosen.target_max_tokens as usize,
        seed: chosen.seed,
        ..match &chosen.lora {
            None => TrainingConfig::for_examples(examples),
            Some(lora) => {
                let settings = LoraSettings {
                    rank: lora.rank as usize,
                    alpha: lora.alpha,
                    // Names were checked when the run was created.
                    targets: lora.targets.iter().filter_map(|name| LoraTarget::from_name(name)).collect(),
                };
                TrainingConfig::for_lora(examples, settings)
            }
        }
    }
}

fn record(job: &Job, files: &BaseFiles, samples: usize, steps: u64, final_loss: f64) -> TrainingRecord {
    let chosen = &job.hyperparameters;
    TrainingRecord {
        run_id: job.run_identifier.clone(),
        base_model: job.base_model.clone(),
        base_model_digest: files.weights_digest(),
        method: job.method.as_str().to_owned(),
        samples_used: samples as u64,
        epochs: chosen.epochs,
        batch_size: chosen.batch_size,
        learning_rate: chosen.learning_rate,
        seed: chosen.seed,
        steps,
        final_loss,
        run_directory: job.run_directory.clone(),
        trained_at: crate::clock::now(),
        dataset_hash: job.dataset_hash.clone(),
        versions: BTreeMap::from([("attune".to_owned(), env!("CARGO_PKG_VERSION").to_owned())]),
        files: BTreeMap::new(),
    }
}
