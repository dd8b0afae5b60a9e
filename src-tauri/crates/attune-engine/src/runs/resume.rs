//! A new run that goes on from one that was stopped, killed or interrupted.
//!
//! Not here: the steps (`attune_tuning`) and what a checkpoint file holds (`worker::checkpoint_file`).
//! Invariants: the row that ended never changes; the new run computes what the old one would have computed, so nothing
//! of it can be chosen anew.

use super::dispatcher::Shared;
use super::kept_files::KeptFiles;
use super::request::{RunRequest, check_name, check_output};
use super::{Curves, Progress, Run, RunId, RunStatus, Stopped, metrics};
use crate::store::runs::Runs;
use crate::worker::checkpoint_file;
use crate::{Bases, Error, Result};

impl Run {
    /// Whether its end and its files leave something to go on from.
    pub(crate) fn can_be_resumed(&self, files: &KeptFiles) -> bool {
        let ended_so = match self.status {
            RunStatus::Queued | RunStatus::Running => false,
            RunStatus::Completed => self.stopped == Some(Stopped::Asked),
            RunStatus::Failed | RunStatus::Cancelled | RunStatus::Interrupted => true,
        };
        ended_so && files.has_checkpoint()
    }
}

/// The queued run that goes on from `resume_from`, with its files written.
///
/// # Errors
/// [`Error::UnknownRun`], [`Error::NothingToResume`], [`Error::InvalidField`] for anything given besides, or what is
/// in the way of the base, the output folder or the names.
pub(crate) fn prepare(
    shared: &Shared,
    bases: &Bases,
    request: &RunRequest,
    resume_from: &str,
) -> Result<Run> {
    refuse_choices(request)?;
    let id = request.id.as_deref().map_or_else(|| Ok(RunId::generate()), RunId::parse)?;
    let unknown = || Error::UnknownRun { id: resume_from.to_owned() };
    let old = RunId::parse(resume_from).map_err(|_| unknown())?;
    let old = Runs(&shared.store.connection()).find(&old)?.ok_or_else(unknown)?;
    let old_files = shared.kept_files(&old.id);
    if !old.can_be_resumed(&old_files) {
        return Err(Error::NothingToResume { run: old.id, status: old.status });
    }
    bases
        .resolve(&old.base_folder.to_string_lossy())
        .map_err(|source| Error::InField { field: "resumeFrom", source: Box::new(source) })?;
    let run_identifier = match &request.run_identifier {
        Some(name) => name.clone(),
        None => next_name(shared, &old)?,
    };
    check_name("runIdentifier", &run_identifier)?;
    let run_directory = request.run_directory.clone().unwrap_or_else(|| run_identifier.clone());
    check_name("runDirectory", &run_directory)?;
    check_output(&old.output_folder, &run_directory)?;

    let steps = checkpoint_file::steps(&old_files.checkpoint())?;
    let curves = up_to(metrics::read_whole(&old.folder())?, steps);
    let files = shared.kept_files(&id);
    files.inherit(&old_files, &curves).inspect_err(|_| files.discard())?;
    Ok(Run {
        id,
        run_identifier,
        run_directory,
        status: RunStatus::Queued,
        progress: Progress::default(),
        best: None,
        stopped: None,
        resumable: false,
        resumed_from: Some(old.id.clone()),
        final_loss: None,
        error_message: None,
        adapter_digest: None,
        created_at: crate::clock::now(),
        started_at: None,
        finished_at: None,
        ..old
    })
}

/// Refuses whatever would make it another run.
fn refuse_choices(request: &RunRequest) -> Result<()> {
    let given = [
        ("databasePath", request.database_path.is_some()),
        ("dataPath", request.data_path.is_some()),
        ("sample", request.sample.is_some()),
        ("dataset", request.dataset.is_some()),
        ("outputDir", request.output_folder.is_some()),
        ("baseModel", request.base_model.is_some()),
        ("method", request.method.is_some()),
        ("startFrom", request.start_from.is_some()),
        ("maxSamples", request.max_samples.is_some()),
        ("epochs", request.epochs.is_some()),
        ("batchSize", request.batch_size.is_some()),
        ("learningRate", request.learning_rate.is_some()),
        ("sourceMaxTokens", request.source_max_tokens.is_some()),
        ("targetMaxTokens", request.target_max_tokens.is_some()),
        ("seed", request.seed.is_some()),
        ("promptRows", request.prompt_rows.is_some()),
        ("initialPrompt", request.initial_prompt.is_some()),
        ("initialText", request.initial_text.is_some()),
        ("warmupSteps", request.warmup_steps.is_some()),
        ("decay", request.decay.is_some()),
        ("accumulationSteps", request.accumulation_steps.is_some()),
        ("batchTokens", request.batch_tokens.is_some()),
        ("gradientClip", request.gradient_clip.is_some()),
        ("weightDecay", request.weight_decay.is_some()),
        ("dropout", request.dropout.is_some()),
        ("precision", request.precision.is_some()),
        ("patience", request.patience.is_some()),
        ("validationSteps", request.validation_steps.is_some()),
        ("skipSelfCheck", request.skip_self_check.is_some()),
        ("loraRank", request.lora_rank.is_some()),
        ("loraAlpha", request.lora_alpha.is_some()),
        ("loraTargets", request.lora_targets.is_some()),
    ];
    match given.iter().find(|(_, is_given)| *is_given) {
        Some((field, _)) => Err(Error::InvalidField {
            field,
            value: "set".to_owned(),
            reason: "a run that goes on from another computes exactly what that one would have; leave it out",
        }),
        None => Ok(()),
    }
}

/// `night` is gone on from by `night-2`, that by `night-3`.
fn next_name(shared: &Shared, old: &Run) -> Result<String> {
    let numbered = old.run_identifier.rsplit_once('-').filter(|_| old.resumed_from.is_some());
    let (stem, number) = numbered
        .and_then(|(stem, number)| Some((stem, number.parse::<u32>().ok()?)))
        .unwrap_or((&old.run_identifier, 1));
    let mut number = number;
    loop {
        number = number.saturating_add(1);
        let name = format!("{stem}-{number}");
        let is_waited_for = Runs(&shared.store.connection()).claims(&old.output_folder, &name)?;
        if !is_waited_for && old.output_folder.join(&name).symlink_metadata().is_err() {
            return Ok(name);
        }
    }
}

fn up_to(mut curves: Curves, steps: u64) -> Curves {
    curves.points.retain(|point| point.step <= steps);
    curves.validation.retain(|point| point.step <= steps);
    curves
}
