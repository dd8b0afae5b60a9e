//! The one entrance to the product: everything a shell may ask for.
//!
//! Methods block until their work is done; asynchronous shells call them from a thread that may wait.

mod account;
mod batches;
mod datasets;
mod endpoints;
mod examples;
mod feedback;
mod first_start;
mod models;
mod runs;
mod settings;

use std::path::PathBuf;
use std::sync::mpsc::{self, Sender};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::JoinHandle;

use crate::bases::Fetches;
use crate::content::ContentFolders;
use crate::generation::generators::Generators;
use crate::generation::runner::BatchRunner;
use crate::limits::require_absolute;
use crate::model_host::ModelHost;
use crate::providers::Keys;
use crate::runs::dispatcher::{self, Live, Shared};
use crate::runs::events::{Events, Subscription};
use crate::runs::left_over::{interrupt_left_over, remove_left_over_files};
use crate::runs::request::DEFAULT_MAX_SAMPLES;
use crate::samples::Samples;
use crate::settings::{CommandLine, Layers};
use crate::sources::inspect_source;
use crate::store::Store;
use crate::{Bases, DataFolder, Environment, Error, OwnedDataFolder, Result, SourceSummary};

pub use first_start::FirstStart;
pub use runs::Created;

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
    pub environment: Environment,
    /// What the command line says of the listener's port, which goes before every other source.
    pub port: Option<u16>,
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
    environment: Environment,
    layers: Layers,
    samples: Samples,
    content: ContentFolders,
    host: Arc<ModelHost>,
    batches: Arc<BatchRunner>,
    fetches: Fetches,
    keys: Keys,
    /// Held while rows are answered to compare: a second reader waits for the first and takes what that one kept.
    comparing: Mutex<()>,
    /// Held while a run is created, so that a hundred requests do not prepare a hundred runs for one place.
    creating: Mutex<()>,
    /// Held while it is seen whether a tuning begins by itself, so that two reviews do not begin two.
    tuning: Mutex<()>,
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
        let layers = Layers::new(&options.environment, &CommandLine { port: options.port })?;
        for problem in layers.refused().chain(options.environment.problems().iter().map(String::as_str)) {
            tracing::warn!("{problem}");
        }
        let store = Store::open(&folder.database())?;
        interrupt_left_over(&store, "Attune ended while this run was training.", |_| false)?;
        remove_left_over_files(&folder);
        let content = ContentFolders::new(&options.resources.content, folder.path());
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
        let bases = Bases::new(options.resources.models, options.environment.hub_cache());
        let samples = Samples::new(&options.resources.content);
        let keys = Keys::new(options.environment.clone());
        let host = Arc::new(ModelHost::new(bases.clone()));
        let batches = BatchRunner::new(
            Arc::clone(&shared),
            Generators::new(Arc::clone(&host), Arc::clone(&shared), keys.clone()),
        );
        batches.settle("Attune ended while this batch was running.")?;
        Ok(Self(Arc::new(Inner {
            shared,
            content,
            host,
            batches,
            fetches: Fetches::new(bases.clone(), options.environment.clone()),
            keys,
            bases,
            environment: options.environment,
            layers,
            samples,
            comparing: Mutex::new(()),
            creating: Mutex::new(()),
            tuning: Mutex::new(()),
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

    /// Waits until no run and no batch is running and none is about to. For an owner that others may use meanwhile.
    pub fn wait_until_idle(&self) {
        self.0.batches.wait_until_idle();
        self.0.shared.wait_until_idle();
    }

    /// Stops the running run and the running batch (they become interrupted) and waits for their ends. None starts
    /// any more.
    pub fn shut_down(&self) {
        self.0.shut_down();
    }

    /// Everything that happens from now on.
    pub fn subscribe(&self) -> Subscription {
        self.0.shared.events.subscribe()
    }

    /// Looks at a source database without changing anything.
    ///
    /// # Errors
    /// What makes it unusable, [`Error::NoUsableRow`] included.
    pub fn inspect_source(&self, path: PathBuf, max_samples: Option<u32>) -> Result<SourceSummary> {
        require_absolute("path", &path)?;
        inspect_source(&path, max_samples.unwrap_or(DEFAULT_MAX_SAMPLES))
            .map_err(|source| Error::InField { field: "path", source: Box::new(source) })
    }
}

impl Inner {
    fn shut_down(&self) {
        self.batches.close();
        self.shared.close();
        *self.wake.lock().unwrap_or_else(PoisonError::into_inner) = None;
        let dispatcher = self.dispatcher.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(dispatcher) = dispatcher
            && dispatcher.join().is_err()
        {
            tracing::error!("the thread that attends runs had panicked");
        }
        self.batches.wait_for_its_thread();
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.shut_down();
    }
}
