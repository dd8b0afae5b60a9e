//! Takes queued runs one after the other and sees each through its worker.
//!
//! Not here: who may queue (`engine`) and how the work is done (`worker`).
//! Invariants: one thread dispatches, so one worker runs; a run ends in the database before the next starts;
//! `latest` moves only to an adapter that was verified after its worker had ended.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::events::Events;
use super::worker_process::{Exit, Heard, WorkerProcess, last_characters};
use super::{Phase, Progress, Run, RunId, RunStatus};
use crate::artifacts::{durable_writer, move_latest};
use crate::error::with_reasons;
use crate::store::Store;
use crate::store::runs::{Ending, Runs};
use crate::worker::protocol::{Command, Job, Message};
use crate::{AdapterDigest, DataFolder, Error, Result};

/// How long a worker may take to obey before it is killed; a step of a large model takes seconds.
const OBEDIENCE: Duration = Duration::from_secs(5);

/// Whole records of a running run are published at most this often; points always are.
const RECORD_INTERVAL: Duration = Duration::from_millis(250);

/// What the dispatcher works with, shared with the engine.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) folder: DataFolder,
    pub(crate) store: Store,
    pub(crate) events: Events,
    pub(crate) worker_program: PathBuf,
    /// Progress of the running run, and the way to its dispatcher.
    pub(crate) live: Mutex<Live>,
    /// Told when the queue has been worked off.
    pub(crate) idle: Condvar,
}

#[derive(Debug, Default)]
pub(crate) struct Live {
    progress: HashMap<RunId, Progress>,
    orders: Option<(RunId, Sender<Order>)>,
    /// Runs are being worked off, or will be in a moment.
    working: bool,
    /// No further run is started for now.
    held: bool,
    closing: bool,
}

impl Live {
    /// Whether no run is to be started at this moment.
    fn rests(&self) -> bool {
        self.closing || self.held
    }
}

/// What reaches the thread that attends a worker.
#[derive(Debug)]
pub(crate) enum Order {
    Heard(Heard),
    Cancel,
    ShutDown,
}

impl From<Heard> for Order {
    fn from(heard: Heard) -> Self {
        Self::Heard(heard)
    }
}

/// Dispatches until the sender of `wake` is dropped or the engine is closing.
pub(crate) fn dispatch(shared: &Arc<Shared>, wake: &Receiver<()>) {
    while wake.recv().is_ok() {
        loop {
            if shared.live().rests() {
                break;
            }
            let next = Runs(&shared.store.connection()).next_queued();
            match next {
                Ok(Some(run)) => attend(shared, run),
                Ok(None) => break,
                Err(error) => {
                    tracing::error!(error = with_reasons(&error), "could not look for queued runs");
                    break;
                }
            }
        }
        shared.live().working = false;
        shared.idle.notify_all();
    }
}

impl Shared {
    pub(crate) fn live(&self) -> MutexGuard<'_, Live> {
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A stored run with its progress.
    pub(crate) fn with_progress(&self, mut run: Run) -> Run {
        if run.status.is_active()
            && let Some(progress) = self.live().progress.get(&run.id)
        {
            run.progress = *progress;
        }
        run
    }

    /// Tells everybody what a run is now.
    pub(crate) fn publish(&self, id: &RunId) -> Result<()> {
        let run = Runs(&self.store.connection()).find(id)?;
        if let Some(run) = run {
            self.events.run(self.with_progress(run));
        }
        Ok(())
    }

    /// Asks the thread that attends `id` to cancel it; `false` if no thread does.
    pub(crate) fn cancel_running(&self, id: &RunId) -> bool {
        match &self.live().orders {
            Some((running, orders)) if running == id => orders.send(Order::Cancel).is_ok(),
            _ => false,
        }
    }

    /// The queue is about to be worked off.
    pub(crate) fn begin_working(&self) {
        let mut live = self.live();
        live.working = true;
        live.held = false;
    }

    /// The queue is not worked off any further until it is begun again.
    pub(crate) fn hold_queue(&self) {
        self.live().held = true;
    }

    pub(crate) fn wait_until_idle(&self) {
        let live = self.live();
        let waited = self.idle.wait_while(live, |live| live.working && !live.closing);
        drop(waited.unwrap_or_else(PoisonError::into_inner));
    }

    /// No run starts any more, and the running one is told to stop.
    pub(crate) fn close(&self) {
        let mut live = self.live();
        live.closing = true;
        if let Some((_, orders)) = &live.orders {
            // The thread that attends the run may have just finished it.
            let _ = orders.send(Order::ShutDown);
        }
        self.idle.notify_all();
    }

    fn set_progress(&self, id: &RunId, progress: Progress) {
        self.live().progress.insert(id.clone(), progress);
    }
}

/// Everything that came of a run.
struct Outcome {
    status: RunStatus,
    error_message: Option<String>,
    final_loss: Option<f64>,
    adapter_digest: Option<AdapterDigest>,
}

impl Outcome {
    fn without_adapter(status: RunStatus, error_message: impl Into<Option<String>>) -> Self {
        Self { status, error_message: error_message.into(), final_loss: None, adapter_digest: None }
    }
}

/// Sees one queued run through; whatever happens, it has ended afterwards.
fn attend(shared: &Arc<Shared>, run: Run) {
    let (orders, inbox) = mpsc::channel();
    {
        let mut live = shared.live();
        if live.rests() {
            return;
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
            return;
        }
        Err(error) => Outcome::without_adapter(RunStatus::Failed, explained(&error)),
    };
    let progress = shared.live().progress.get(&run.id).copied().unwrap_or_default();
    let ending = Ending {
        status: outcome.status,
        error_message: outcome.error_message.as_deref(),
        final_loss: outcome.final_loss,
        adapter_digest: outcome.adapter_digest.as_ref(),
        step: progress.step,
        total_steps: progress.total_steps,
    };
    let ended = Runs(&shared.store.connection()).end(&run.id, &ending);
    {
        let mut live = shared.live();
        live.orders = None;
        live.progress.remove(&run.id);
    }
    note(ended.and_then(|_| shared.publish(&run.id)), "could not record the end of a run");
}

fn train(shared: &Arc<Shared>, run: &Run, orders: Sender<Order>, inbox: &Receiver<Order>) -> Result<Outcome> {
    let run_folder = run.folder();
    std::fs::create_dir(&run_folder).map_err(|source| match source.kind() {
        std::io::ErrorKind::AlreadyExists => Error::RunDirectoryTaken { path: run_folder.clone() },
        _ => Error::OutputUnwritable { path: run_folder.clone(), source },
    })?;
    let job_path = write_job(shared, run, run_folder)?;
    let mut worker = WorkerProcess::start(&shared.worker_program, &job_path, orders)?;
    let told = follow(shared, run, &mut worker, inbox);
    let exit = worker.wait();
    Ok(match told.stopped_by {
        Some(status @ RunStatus::Interrupted) => {
            Outcome::without_adapter(status, "Attune was closed while this run was training.".to_owned())
        }
        Some(status) => Outcome::without_adapter(status, None),
        None => match told.last {
            Some(Message::Finished { final_loss }) => {
                let adapter = move_latest(&run.output_folder, &run.run_directory)?;
                Outcome {
                    status: RunStatus::Completed,
                    error_message: None,
                    final_loss: Some(final_loss),
                    adapter_digest: Some(adapter.digest()),
                }
            }
            Some(Message::Failed { message, hint }) => {
                let message = hint.map_or(message.clone(), |hint| format!("{message}. {hint}"));
                Outcome::without_adapter(RunStatus::Failed, last_characters(&message))
            }
            _ => Outcome::without_adapter(RunStatus::Failed, died(&exit)),
        },
    })
}

/// What was heard of a worker until it ended.
struct Told {
    /// Set if we stopped it: what the run becomes.
    stopped_by: Option<RunStatus>,
    last: Option<Message>,
}

fn follow(shared: &Shared, run: &Run, worker: &mut WorkerProcess, inbox: &Receiver<Order>) -> Told {
    let mut told = Told { stopped_by: None, last: None };
    let mut progress = Progress::default();
    let mut published = Instant::now();
    let mut deadline: Option<Instant> = None;
    loop {
        let order = match deadline {
            None => inbox.recv().map_err(|_| RecvTimeoutError::Disconnected),
            Some(deadline) => inbox.recv_timeout(deadline.saturating_duration_since(Instant::now())),
        };
        match order {
            Ok(Order::Heard(Heard::Message(Message::Phase { phase }))) => {
                progress.phase = Some(phase);
                shared.set_progress(&run.id, progress);
                note(shared.publish(&run.id), "could not publish a run");
            }
            Ok(Order::Heard(Heard::Message(Message::Step { point, total_steps }))) => {
                let left = (total_steps - point.step.min(total_steps)) as f64;
                progress = Progress {
                    phase: Some(Phase::Training),
                    step: point.step,
                    total_steps,
                    loss: Some(point.loss),
                    tokens_per_second: Some(point.tokens_per_second),
                    seconds_left: Some(point.elapsed_seconds / point.step as f64 * left),
                };
                shared.set_progress(&run.id, progress);
                shared.events.point(run.id.clone(), point);
                if published.elapsed() >= RECORD_INTERVAL {
                    published = Instant::now();
                    note(shared.publish(&run.id), "could not publish a run");
                }
            }
            Ok(Order::Heard(Heard::Message(last))) => told.last = Some(last),
            Ok(Order::Heard(Heard::Ended)) | Err(RecvTimeoutError::Disconnected) => return told,
            Ok(Order::Cancel) => {
                told.stopped_by.get_or_insert(RunStatus::Cancelled);
                worker.command(Command::Discard);
                deadline.get_or_insert(Instant::now() + OBEDIENCE);
            }
            Ok(Order::ShutDown) => {
                told.stopped_by.get_or_insert(RunStatus::Interrupted);
                worker.close_input();
                deadline.get_or_insert(Instant::now() + OBEDIENCE);
            }
            Err(RecvTimeoutError::Timeout) => {
                worker.kill();
                deadline = None;
            }
        }
    }
}

fn write_job(shared: &Shared, run: &Run, run_folder: PathBuf) -> Result<PathBuf> {
    let private = shared.folder.run_files(&run.id);
    let job = Job {
        run_identifier: run.run_identifier.clone(),
        base_model: run.base_model.clone(),
        base_folder: run.base_folder.clone(),
        method: run.method,
        dataset: private.join("dataset.jsonl"),
        dataset_hash: run.dataset_hash.clone(),
        hyperparameters: run.hyperparameters.clone(),
        run_folder,
        run_directory: run.run_directory.clone(),
    };
    let path = private.join("job.json");
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

fn note(result: Result<()>, doing: &str) {
    if let Err(error) = result {
        tracing::error!(error = with_reasons(&error), "{doing}");
    }
}
