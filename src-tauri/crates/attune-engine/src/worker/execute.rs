//! The work itself: load, prepare, check, train, save.
//!
//! Not here: what is kept while it trains (`chronicle`) and what the owner makes of the end.

use std::io;
use std::path::PathBuf;

use attune_tuning::peft::{self, PeftFiles};
use attune_tuning::{Adapter, BaseModel, Checkpoint, Training, TrainingConfig, TrainingOutcome};

use super::checkpoint_file;
use super::chronicle::Chronicle;
use super::protocol::{Job, Message};
use super::record::record;
use super::wishes::{Wish, Wishes};
use crate::artifacts::{AdapterFolder, NewAdapter};
use crate::bases::BaseFiles;
use crate::runs::{Best, Computation, Phase, SelfCheck, Stopped};
use crate::sources::read_frozen;
use crate::{Error, Result};

/// Says something to the owner.
pub(super) type Say<'s> = dyn FnMut(&Message) + 's;

/// Trains the job and writes its adapter folder; the message to end with.
///
/// # Errors
/// Whatever makes the training impossible; the adapter folder is incomplete then.
pub(super) fn run(
    job: &Job,
    wishes: &Wishes,
    send: &mut dyn FnMut(&Message) -> io::Result<()>,
) -> Result<Message> {
    let mut say = |message: &Message| {
        // A message that nobody reads means that the owner is gone.
        if send(message).is_err() {
            wishes.add(Wish::Interrupt);
        }
    };
    say(&Message::Phase { phase: Phase::Loading });
    let files = BaseFiles::open(&job.base_folder)?;
    let base = files.load_and_digest(&job.base_folder)?;
    let base_digest = files.digest()?;

    say(&Message::Phase { phase: Phase::Preparing });
    let examples = read_frozen(&job.dataset)?;
    let held_out = job.held_out.as_deref().map(read_frozen).transpose()?.unwrap_or_default();
    let mut config = job.hyperparameters.training_config();
    if let Some(before) = &job.computation {
        // A run goes on in the same numbers, whatever this machine would choose.
        config.precision = before.precision.into();
    }
    let start = start(job, &base)?;
    let resume = match job.resumed_from {
        Some(_) => Some(checkpoint_file::read(&job.checkpoint, &job.base_folder, &base_digest)?),
        None => None,
    };
    let asked = Training {
        base: &base,
        examples: &examples,
        held_out: &held_out,
        config: &config,
        start: start.as_ref(),
        resume: resume.as_ref(),
    };
    // Nothing is said yet of a run that ends here.
    let Some(settled) = settle(&asked, wishes)? else { return Ok(Message::Stopped) };
    let config = TrainingConfig { precision: settled.precision, ..config.clone() };
    let mut computation = Computation::from(settled);
    if job.computation.is_some() {
        computation.why = "as the run that this one goes on from".to_owned();
    }
    say(&Message::Settled { computation: computation.clone() });
    let training = Training { config: &config, ..asked };
    let mut found = job.self_check;
    if resume.is_none() {
        if !job.hyperparameters.course.skip_self_check && wishes.strongest() == Wish::GoOn {
            say(&Message::Phase { phase: Phase::Checking });
            found = self_check(&training, wishes)?;
            found.iter().for_each(|found| say(&Message::Checked { found: *found }));
        }
        // A run that goes on from another has something to save even now.
        if wishes.strongest() != Wish::GoOn {
            return Ok(Message::Stopped);
        }
    }

    say(&Message::Phase { phase: Phase::Training });
    let mut chronicle = Chronicle::new(job, &base_digest, wishes, &mut say)?;
    let outcome = training.run(&mut |progress| chronicle.observe(&progress));
    chronicle.finish()?;
    let (trained, stopped) = match outcome.map_err(|source| failed(job, source))? {
        TrainingOutcome::Finished(trained) if trained.stopped_early => (trained, Some(Stopped::Early)),
        TrainingOutcome::Finished(trained) => (trained, None),
        TrainingOutcome::Cancelled { trained, checkpoint } => {
            if !leave(job, wishes.strongest(), &checkpoint, &base_digest)? {
                return Ok(Message::Stopped);
            }
            (trained, Some(Stopped::Asked))
        }
    };
    say(&Message::Phase { phase: Phase::Saving });
    let best = trained.validated.map(|best| Best { step: best.step as u64, loss: best.loss });
    let peft =
        peft::encode(&trained.adapter, &job.base_model).map_err(|source| Error::Training { source })?;
    let rows = [examples.len(), held_out.len()];
    let adapter = NewAdapter {
        peft: &peft,
        tokenizer_files: &files.tokenizer_files,
        record: record(job, files.weights_digest()?, computation, &trained, stopped, found, rows),
    };
    AdapterFolder::write(&job.run_folder, adapter)?;
    Ok(Message::Finished { final_loss: trained.final_loss, best, stopped })
}

fn settle(training: &Training<'_>, wishes: &Wishes) -> Result<Option<attune_tuning::Computation>> {
    let settled = attune_tuning::Computation::settle(training, &mut || wishes.flow());
    settled.map_err(|source| Error::Training { source })
}

fn self_check(training: &Training<'_>, wishes: &Wishes) -> Result<Option<SelfCheck>> {
    let found = attune_tuning::self_check(training, &mut || wishes.flow());
    let found = found.map_err(|source| Error::Training { source })?;
    Ok(found.map(|found| SelfCheck { loss_before: found.loss_before, loss_after: found.loss_after }))
}

/// Writes the checkpoint of a run that was told to end, if it is wanted; whether its adapter is wanted too.
fn leave(job: &Job, wish: Wish, checkpoint: &Checkpoint, base_digest: &str) -> Result<bool> {
    if wish == Wish::Discard || checkpoint.steps() == 0 {
        return Ok(false);
    }
    checkpoint_file::write(&job.checkpoint, checkpoint, base_digest)?;
    Ok(wish == Wish::StopAndSave)
}

/// A run that left the numbers would leave them again: its checkpoint is of no use.
fn failed(job: &Job, source: attune_tuning::Error) -> Error {
    if matches!(source, attune_tuning::Error::Diverged { .. })
        && let Err(error) = std::fs::remove_file(&job.checkpoint)
        && error.kind() != io::ErrorKind::NotFound
    {
        tracing::warn!(%error, "the checkpoint of a diverged run is left");
    }
    Error::Training { source }
}

/// The adapter to begin with.
fn start(job: &Job, base: &BaseModel) -> Result<Option<Adapter>> {
    let Some(start) = &job.start else { return Ok(None) };
    let read =
        |path: &PathBuf| std::fs::read(path).map_err(|source| Error::Read { path: path.clone(), source });
    let files = PeftFiles {
        adapter_config: read(&start.adapter_config)?,
        adapter_model: read(&start.adapter_model)?,
    };
    let adapter = peft::decode(&files, base);
    let path = job.started_from.as_ref().unwrap_or(&start.adapter_model);
    adapter.map(Some).map_err(|source| Error::AdapterRefused { path: path.clone(), source })
}
