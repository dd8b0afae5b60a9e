//! Sees one run through its worker: from its start to its end in the database.
//!
//! Not here: which run is next (`dispatcher`), how the work is done (`worker`), what a process is (`worker_process`).
//! Invariants: whatever happens, the run has ended afterwards; `latest` moves only to an adapter that was verified
//! after its worker had ended; a checkpoint is taken away only after the row says that nobody needs it.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, Sender};

use super::dispatcher::Shared;
use super::follow::{Told, follow};
use super::worker_process::{Exit, Heard, WorkerProcess, last_characters};
use super::{Best, Run, RunStatus, Stopped, metrics};
use crate::artifacts::{durable_writer, move_latest};
use crate::error::with_reasons;
use crate::store::runs::{Ending, Runs};
use crate::worker::protocol::{Job, Message, Start};
use crate::{AdapterDigest, Error, Result};

/// What reaches the thread that attends a worker.
#[derive(Debug)]
pub(crate) enum Order {
    Heard(Heard),
    /// End and keep what was learned.
    Stop,
    Cancel,
    ShutDown,
}

impl From<Heard> for Order {
    fn from(heard: Heard) -> Self {
        Self::Heard(heard)
    }
}

/// Everything that came of a run.
struct Outcome {
    status: RunStatus,
    error_message: Option<String>,
    final_loss: Option<f64>,
    best: Option<Best>,
    stopped: Option<Stopped>,
    adapter_digest: Option<AdapterDigest>,
}

impl Outcome {
    fn without_adapter(status: RunStatus, error_message: impl Into<Option<String>>) -> Self {
        Self {
            status,
            error_message: error_message.into(),
            final_loss: None,
            best: None,
            stopped: None,
            adapter_digest: None,
        }
    }

    /// Whether nobody will go on from here: the work is done, or was thrown away.
    fn is_final(&self) -> bool {
        match self.status {
            RunStatus::Completed => self.stopped != Some(Stopped::Asked),
            RunStatus::Cancelled => true,
            _ => false,
        }
    }
}

/// Sees one queued run through; whatever happens, it has ended afterwards and everybody has been told. `false` if
/// the database did not take that: its row is still queued or running then.
pub(super) fn attend(shared: &Arc<Shared>, run: Run) -> bool {
    let (orders, inbox) = mpsc::channel();
    {
        let mut live = shared.live();
        if live.rests() {
            return true;
        }
        live.orders = Some((run.id.clone(), orders.clone()));
    }
    let started = Runs(&shared.store.connection()).start(&run.id);
    let outcome = match started {
        Ok(true) => {
            note(shared.publish(&run.id), "could not publish a run");
            train(shared, &run, orders, &inbox)
                .unwrap_or_else(|error| Outcome::without_adapter(RunStatus::Failed, explained(&error)))
        }
        // Cancelled between the look and the start.
        Ok(false) => {
            shared.live().orders = None;
            return true;
        }
        Err(error) => {
            shared.live().orders = None;
            let words =
                format!("{} It stays in the queue and is tried again with the next run.", explained(&error));
            shared.events.run(Run { status: RunStatus::Failed, error_message: Some(words), ..run });
            note(Err(error), "could not start a run");
            return false;
        }
    };
    let progress = shared.live().progress.get(&run.id).copied().unwrap_or_default();
    let ending = Ending {
        status: outcome.status,
        error_message: outcome.error_message.as_deref(),
        final_loss: outcome.final_loss,
        best: outcome.best.or(progress.best),
        stopped: outcome.stopped,
        adapter_digest: outcome.adapter_digest.as_ref(),
        step: progress.step,
        total_steps: progress.total_steps,
    };
    let ended = Runs(&shared.store.connection()).end(&run.id, &ending);
    if ended.is_err() {
        // Whoever waits for its end is told all the same; the row follows when the database takes it.
        shared.events.run(Run {
            status: outcome.status,
            error_message: outcome.error_message.clone(),
            final_loss: outcome.final_loss,
            best: ending.best,
            stopped: outcome.stopped,
            adapter_digest: outcome.adapter_digest.clone(),
            progress,
            ..run.clone()
        });
    }
    {
        let mut live = shared.live();
        live.orders = None;
        live.progress.remove(&run.id);
    }
    if ended.is_ok() && outcome.is_final() {
        note(shared.kept_files(&run.id).forget_checkpoint(), "could not take a checkpoint away");
    }
    let recorded = ended.is_ok();
    note(ended.and_then(|_| shared.publish(&run.id)), "could not record the end of a run");
    recorded
}

fn train(shared: &Arc<Shared>, run: &Run, orders: Sender<Order>, inbox: &Receiver<Order>) -> Result<Outcome> {
    let run_folder = run.folder();
    std::fs::create_dir(&run_folder).map_err(|source| match source.kind() {
        std::io::ErrorKind::AlreadyExists => Error::RunDirectoryTaken { path: run_folder.clone() },
        _ => Error::OutputUnwritable { path: run_folder.clone(), source },
    })?;
    if run.resumed_from.is_some() {
        let before = metrics::read_whole(shared.kept_files(&run.id).folder())?;
        metrics::write(&run_folder, &before)?;
    }
    let job_path = write_job(shared, run, run_folder)?;
    let mut worker = WorkerProcess::start(&shared.worker_program, &job_path, orders)?;
    let told = follow(shared, run, &mut worker, inbox);
    let exit = worker.wait();
    durable_writer::remove_left_over(&run.folder());
    outcome(run, told, &exit)
}

fn outcome(run: &Run, told: Told, exit: &Exit) -> Result<Outcome> {
    if told.cancelled {
        return Ok(Outcome::without_adapter(RunStatus::Cancelled, None));
    }
    match told.last {
        // Also if Attune was closed in this very moment: the adapter is complete.
        Some(Message::Finished { final_loss, best, stopped }) => {
            let adapter = move_latest(&run.output_folder, &run.run_directory)?;
            Ok(Outcome {
                status: RunStatus::Completed,
                error_message: None,
                final_loss: Some(final_loss),
                best,
                stopped,
                adapter_digest: Some(adapter.digest()),
            })
        }
        _ if told.shut_down => {
            let words = "Attune was closed while this run was training.".to_owned();
            Ok(Outcome::without_adapter(RunStatus::Interrupted, words))
        }
        Some(Message::Stopped) if told.asked_to_stop => {
            let words = "It was stopped before its first step, so there was nothing to save.".to_owned();
            Ok(Outcome::without_adapter(RunStatus::Cancelled, words))
        }
        Some(Message::Failed { message, hint }) => {
            let message = hint.map_or(message.clone(), |hint| format!("{message}. {hint}"));
            Ok(Outcome::without_adapter(RunStatus::Failed, last_characters(&message)))
        }
        _ => Ok(Outcome::without_adapter(RunStatus::Failed, died(exit))),
    }
}

fn write_job(shared: &Shared, run: &Run, run_folder: PathBuf) -> Result<PathBuf> {
    let files = shared.kept_files(&run.id);
    let resumed_from = match &run.resumed_from {
        // The run may be deleted by now; its id is known all the same.
        Some(id) => Some(
            Runs(&shared.store.connection())
                .find(id)?
                .map_or_else(|| id.to_string(), |other| other.run_identifier),
        ),
        None => None,
    };
    let begins_with_an_adapter = run.started_from.is_some() && resumed_from.is_none();
    let job = Job {
        run_identifier: run.run_identifier.clone(),
        base_model: run.base_model.clone(),
        base_folder: run.base_folder.clone(),
        method: run.method,
        dataset: files.rows(),
        held_out: (run.held_out > 0).then(|| files.held_out()),
        dataset_hash: run.dataset_hash.clone(),
        hyperparameters: run.hyperparameters.clone(),
        checkpoint: files.checkpoint(),
        resumed_from,
        started_from: run.started_from.clone(),
        start: begins_with_an_adapter.then(|| {
            let [adapter_config, adapter_model] = files.start();
            Start { adapter_config, adapter_model }
        }),
        computation: run.computation.clone(),
        self_check: run.self_check,
        run_folder,
        run_directory: run.run_directory.clone(),
    };
    let path = files.job();
    let text = serde_json::to_vec_pretty(&job).map_err(Error::Encode)?;
    durable_writer::write(&path, &text).map_err(|source| Error::Write { path: path.clone(), source })?;
    Ok(path)
}

/// Words for a worker that ended without its own.
fn died(exit: &Exit) -> String {
    let how = exit.status.map_or_else(|| "in an unknown way".to_owned(), |status| status.to_string());
    let mut text = format!("The training process ended unexpectedly ({how}).");
    if exit.memory_ran_out {
        text.push_str(" The system ran out of memory: use a smaller batch size or fewer tokens.");
    } else {
        text.push_str(" Go on from its last checkpoint, if it has one, or start it again.");
    }
    if !exit.error_output.trim().is_empty() {
        text.push('\n');
        text.push_str(exit.error_output.trim());
    }
    last_characters(&text)
}

fn explained(error: &Error) -> String {
    let reasons = with_reasons(error);
    error.hint().map_or(reasons.clone(), |hint| format!("{reasons}. {hint}"))
}

pub(super) fn note(result: Result<()>, doing: &str) {
    if let Err(error) = result {
        tracing::error!(error = with_reasons(&error), "{doing}");
    }
}
