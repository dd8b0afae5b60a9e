//! The one entrance to the product: everything a shell may ask for.
//!
//! Methods block until their work is done; asynchronous shells call them from a thread that may wait.

mod models;

use std::path::PathBuf;
use std::sync::mpsc::{self, Sender};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::JoinHandle;

use crate::artifacts::durable_writer;
use crate::bases::Fetches;
use crate::limits::require_absolute;
use crate::model_host::ModelHost;
use crate::runs::dispatcher::{self, Live, Shared};
use crate::runs::events::{Events, Subscription};
use crate::runs::removal::Removed;
use crate::runs::request::{DEFAULT_MAX_SAMPLES, RunRequest};
use crate::runs::{Point, Run, RunId, RunStatus};
use crate::sources::{SourceRows, frozen, read_source};
use crate::store::Store;
use crate::store::runs::{Ending, Runs};
use crate::store::settings::SettingsTable;
use crate::{Bases, DataFolder, Error, OwnedDataFolder, Result, Settings, SettingsChange, SourceSummary};

/// Where shipped files are; `main` finds out once, for checkout and package alike.
#[derive(Debug, Clone)]
pub struct Resources {
    /// Folder of the bundled base models.
    pub models: PathBuf,
    /// Folder of prompts, samples and other content.
    pub content: PathBuf,
}

/// What an engine needs from the outside.
#[derive(Debug)]
pub struct EngineOptions {
    pub data_folder: OwnedDataFolder,
    pub resources: Resources,
    /// The Hugging Face cache: `HF_HOME/hub`.
    pub hub_cache: PathBuf,
    /// The program that is started as `PROGRAM worker --job FILE`.
    pub worker_program: PathBuf,
}

/// The product, open on one data folder. Clones are the same engine; dropping the last one ends it.
#[derive(Debug, Clone)]
pub struct Engine(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    shared: Arc<Shared>,
    bases: Bases,
    host: ModelHost,
    fetches: Fetches,
    /// Held while a run is created, so that a hundred requests do not prepare a hundred runs for one place.
    creating: Mutex<()>,
    wake: Mutex<Option<Sender<()>>>,
    dispatcher: Mutex<Option<JoinHandle<()>>>,
    _data_folder: OwnedDataFolder,
}

impl Engine {
    /// Opens the database of the data folder, and marks what a dead owner left running as interrupted.
    ///
    /// Queued runs wait until [`work_off_queue`](Self::work_off_queue) or a new run is asked for.
    ///
    /// # Errors
    /// [`Error::DatabaseNewer`], [`Error::Migration`] or [`Error::Database`].
    pub fn open(options: EngineOptions) -> Result<Self> {
        let folder = options.data_folder.folder().clone();
        let store = Store::open(&folder.database())?;
        interrupt_left_over(&store)?;
        let shared = Arc::new(Shared {
            folder,
            store,
            events: Events::new(),
            worker_program: options.worker_program,
            live: Mutex::new(Live::default()),
            idle: Condvar::new(),
        });
        let (wake, woken) = mpsc::channel();
        let dispatcher = std::thread::spawn({
            let shared = Arc::clone(&shared);
            move || dispatcher::dispatch(&shared, &woken)
        });
        let bases = Bases::new(options.resources.models, options.hub_cache);
        Ok(Self(Arc::new(Inner {
            shared,
            host: ModelHost::new(bases.clone()),
            fetches: Fetches::new(bases.clone()),
            bases,
            creating: Mutex::new(()),
            wake: Mutex::new(Some(wake)),
            dispatcher: Mutex::new(Some(dispatcher)),
            _data_folder: options.data_folder,
        })))
    }

    pub fn data_folder(&self) -> &DataFolder {
        &self.0.shared.folder
    }

    /// Starts the runs that wait in the queue, those of an earlier process too. For owners that stay.
    pub fn work_off_queue(&self) {
        let wake = self.0.wake.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(wake) = &*wake {
            self.0.shared.begin_working();
            // The dispatcher ends only with the engine.
            let _ = wake.send(());
        }
    }

    /// Starts no further run until [`work_off_queue`](Self::work_off_queue) or a new run is asked for. For an owner
    /// that is about to end: a run that begins now would be interrupted.
    pub fn hold_queue(&self) {
        self.0.shared.hold_queue();
    }

    /// Waits until no run is running and none is about to. For an owner that others may use meanwhile.
    pub fn wait_until_idle(&self) {
        self.0.shared.wait_until_idle();
    }

    /// Stops the running run (it becomes interrupted) and waits for its end. No run starts any more.
    pub fn shut_down(&self) {
        self.0.shut_down();
    }

    /// Everything that happens from now on.
    pub fn subscribe(&self) -> Subscription {
        self.0.shared.events.subscribe()
    }

    /// The newest runs, newest first.
    pub fn runs(&self, limit: u32) -> Result<Vec<Run>> {
        let runs = Runs(&self.0.shared.store.connection()).newest(limit)?;
        Ok(runs.into_iter().map(|run| self.0.shared.with_progress(run)).collect())
    }

    /// # Errors
    /// [`Error::UnknownRun`].
    pub fn run(&self, id: &str) -> Result<Run> {
        let unknown = || Error::UnknownRun { id: id.to_owned() };
        let run_id = RunId::parse(id).map_err(|_| unknown())?;
        let run = Runs(&self.0.shared.store.connection()).find(&run_id)?;
        Ok(self.0.shared.with_progress(run.ok_or_else(unknown)?))
    }

    /// The run that is running, else the next in the queue.
    pub fn active_run(&self) -> Result<Option<Run>> {
        Runs(&self.0.shared.store.connection()).active()
    }

    /// The curve of a run, at most 500 points.
    pub fn metrics(&self, id: &str) -> Result<Vec<Point>> {
        crate::runs::metrics::read(&self.run(id)?.folder())
    }

    /// Queues a run; it starts when no other is running. A request that repeats an id gets the run it made.
    ///
    /// # Errors
    /// What is wrong with the request or the things it names.
    pub fn create_run(&self, request: RunRequest) -> Result<(Run, Created)> {
        let _one_at_a_time = self.0.creating.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(id) = &request.id {
            let id = RunId::parse(id)?;
            if let Some(run) = Runs(&self.0.shared.store.connection()).find(&id)? {
                return Ok((self.0.shared.with_progress(run), Created::Before));
            }
        }
        self.queue(request, false).map(|run| (run, Created::Now))
    }

    /// Queues a run from the settings, unless one is active.
    ///
    /// # Errors
    /// [`Error::RunActive`] while a run is queued or running, [`Error::NoSourceChosen`] without a source, and
    /// what is wrong with the things the settings name.
    pub fn trigger_run(&self) -> Result<Run> {
        let _one_at_a_time = self.0.creating.lock().unwrap_or_else(PoisonError::into_inner);
        refuse_while_active(&Runs(&self.0.shared.store.connection()))?;
        self.queue(RunRequest::from_settings(&self.settings()?)?, true)
    }

    /// Ends a queued run at once; a running one is told to stop and ends soon after.
    ///
    /// # Errors
    /// [`Error::UnknownRun`], or [`Error::RunNotActive`] if it has ended.
    pub fn cancel_run(&self, id: &str) -> Result<Run> {
        let run = self.run(id)?;
        let shared = &self.0.shared;
        if run.status == RunStatus::Queued {
            let ending = Ending {
                status: RunStatus::Cancelled,
                error_message: None,
                final_loss: None,
                adapter_digest: None,
                step: 0,
                total_steps: 0,
            };
            let cancelled = shared.store.exclusively(|transaction| {
                let runs = Runs(transaction);
                let still_queued = runs.find(&run.id)?.is_some_and(|run| run.status == RunStatus::Queued);
                if still_queued { runs.end(&run.id, &ending) } else { Ok(false) }
            })?;
            if cancelled {
                shared.publish(&run.id)?;
                return self.run(id);
            }
        }
        if shared.cancel_running(&run.id) {
            return self.run(id);
        }
        let run = self.run(id)?;
        Err(Error::RunNotActive { run: run.id, status: run.status })
    }

    /// Deletes a run that has ended, with its adapter; see [`Removed`].
    ///
    /// # Errors
    /// [`Error::UnknownRun`], [`Error::RunStillActive`], or [`Error::Remove`] with the file that stayed.
    pub fn delete_run(&self, id: &str) -> Result<Removed> {
        let _no_new_run_meanwhile = self.0.creating.lock().unwrap_or_else(PoisonError::into_inner);
        crate::runs::removal::remove(&self.0.shared, &self.run(id)?)
    }

    /// Looks at a source database without changing anything.
    ///
    /// # Errors
    /// What makes it unusable, [`Error::NoUsableRow`] included.
    pub fn inspect_source(&self, path: PathBuf, max_samples: Option<u32>) -> Result<SourceSummary> {
        require_absolute("path", &path)?;
        read_source(&path, max_samples.unwrap_or(DEFAULT_MAX_SAMPLES))
            .and_then(SourceRows::require_usable)
            .map(|rows| rows.summary())
            .map_err(|source| Error::InField { field: "path", source: Box::new(source) })
    }

    /// The folder of the adapter that a run made.
    ///
    /// # Errors
    /// [`Error::UnknownRun`], or [`Error::RunHasNoAdapter`] if it did not complete.
    pub fn adapter_of(&self, id: &str) -> Result<PathBuf> {
        let run = self.run(id)?;
        match run.status {
            RunStatus::Completed => Ok(run.folder()),
            status => Err(Error::RunHasNoAdapter { run: run.id, status }),
        }
    }

    pub fn settings(&self) -> Result<Settings> {
        SettingsTable(&self.0.shared.store.connection()).read()
    }

    /// Merges a change into the settings.
    ///
    /// # Errors
    /// [`Error::InvalidField`] for the first value that breaks a rule; nothing is changed then.
    pub fn change_settings(&self, change: SettingsChange) -> Result<Settings> {
        self.0.shared.store.exclusively(|transaction| {
            let table = SettingsTable(transaction);
            let before = table.read()?;
            let after = before.merged(change)?;
            table.write(&before, &after)?;
            Ok(after)
        })
    }

    fn queue(&self, request: RunRequest, only_if_idle: bool) -> Result<Run> {
        let shared = &self.0.shared;
        let (run, examples) = request.prepare(&shared.folder, &self.0.bases)?;
        let private = shared.folder.run_files(&run.id);
        let dataset = private.join("dataset.jsonl");
        std::fs::create_dir_all(&private)
            .and_then(|()| durable_writer::write(&dataset, &frozen(&examples)))
            .map_err(|source| Error::Write { path: dataset, source })?;
        shared.store.exclusively(|transaction| {
            let runs = Runs(transaction);
            if only_if_idle {
                refuse_while_active(&runs)?;
            }
            if runs.claims(&run.output_folder, &run.run_directory)? {
                return Err(Error::RunDirectoryTaken { path: run.folder() });
            }
            runs.insert(&run)
        })?;
        shared.publish(&run.id)?;
        self.work_off_queue();
        Ok(run)
    }
}

/// Whether a request made a run or repeated one that had.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Created {
    Now,
    Before,
}

impl Inner {
    fn shut_down(&self) {
        self.shared.close();
        *self.wake.lock().unwrap_or_else(PoisonError::into_inner) = None;
        let dispatcher = self.dispatcher.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(dispatcher) = dispatcher
            && dispatcher.join().is_err()
        {
            tracing::error!("the thread that attends runs had panicked");
        }
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.shut_down();
    }
}

/// Ends the row that a dead owner left running; nothing can be running while the folder is being opened.
fn interrupt_left_over(store: &Store) -> Result<()> {
    let connection = store.connection();
    let runs = Runs(&connection);
    let Some(run) = runs.running()? else { return Ok(()) };
    tracing::warn!(run = %run.id, "a run was left running by a process that ended");
    // What the worker had written down is all that is known.
    let last = crate::runs::metrics::read(&run.folder()).ok().and_then(|points| points.last().copied());
    let step = last.map_or(0, |point| point.step);
    let total_steps = last.map_or(0, |point| {
        (point.step as f64 / point.epoch * f64::from(run.hyperparameters.epochs)).round() as u64
    });
    runs.end(
        &run.id,
        &Ending {
            status: RunStatus::Interrupted,
            error_message: Some("Attune ended while this run was training."),
            final_loss: None,
            adapter_digest: None,
            step,
            total_steps,
        },
    )?;
    Ok(())
}

fn refuse_while_active(runs: &Runs<'_>) -> Result<()> {
    match runs.active()? {
        Some(run) => Err(Error::RunActive { run: run.id, status: run.status }),
        None => Ok(()),
    }
}
