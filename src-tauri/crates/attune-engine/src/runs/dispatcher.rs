//! Takes queued runs one after the other.
//!
//! Not here: who may queue (`engine`) and how a run is seen through (`attend`).
//! Invariant: one thread dispatches, so one worker runs; a run ends in the database before the next starts.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, Sender};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use super::attend::{Order, attend};
use super::events::Events;
use super::kept_files::KeptFiles;
use super::left_over::interrupt_left_over;
use super::{Progress, Run, RunId};
use crate::error::with_reasons;
use crate::store::Store;
use crate::store::runs::Runs;
use crate::{DataFolder, Result};

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
    pub(super) progress: HashMap<RunId, Progress>,
    pub(super) orders: Option<(RunId, Sender<Order>)>,
    /// Runs are being worked off, or will be in a moment.
    working: bool,
    /// No further run is started for now.
    held: bool,
    pub(super) closing: bool,
}

impl Live {
    /// Whether no run is to be started at this moment.
    pub(super) fn rests(&self) -> bool {
        self.closing || self.held
    }
}

/// Dispatches until the sender of `wake` is dropped or the engine is closing.
pub(crate) fn dispatch(shared: &Arc<Shared>, wake: &Receiver<()>) {
    while wake.recv().is_ok() {
        loop {
            if shared.live().rests() {
                break;
            }
            let next = shared.settle().and_then(|()| Runs(&shared.store.connection()).next_queued());
            match next {
                Ok(Some(run)) => {
                    // A database that does not take the end would give the same run again at once.
                    if !attend(shared, run) {
                        break;
                    }
                }
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

    pub(crate) fn kept_files(&self, id: &RunId) -> KeptFiles {
        KeptFiles::at(self.folder.run_files(id))
    }

    /// A stored run with what is not stored: its progress, and whether it can be gone on from.
    pub(crate) fn as_it_is_now(&self, mut run: Run) -> Run {
        if run.status.is_active()
            && let Some(progress) = self.live().progress.get(&run.id)
        {
            run.progress = *progress;
            run.best = progress.best;
        }
        run.resumable = run.can_be_resumed(&self.kept_files(&run.id));
        run
    }

    /// Tells everybody what a run is now.
    pub(crate) fn publish(&self, id: &RunId) -> Result<()> {
        let run = Runs(&self.store.connection()).find(id)?;
        if let Some(run) = run {
            self.events.run(self.as_it_is_now(run));
        }
        Ok(())
    }

    /// Ends the row of a run that nobody attends any more: its end could not be written down.
    pub(crate) fn settle(&self) -> Result<()> {
        let why = "Its end could not be written down: the database was out of order.";
        interrupt_left_over(&self.store, why, |id| {
            self.live().orders.as_ref().is_some_and(|(attended, _)| attended == id)
        })
    }

    /// Asks the thread that attends `id` to stop it and keep what was learned; `false` if no thread does.
    pub(crate) fn stop_running(&self, id: &RunId) -> bool {
        self.order(id, Order::Stop)
    }

    /// Asks the thread that attends `id` to cancel it; `false` if no thread does.
    pub(crate) fn cancel_running(&self, id: &RunId) -> bool {
        self.order(id, Order::Cancel)
    }

    fn order(&self, id: &RunId, order: Order) -> bool {
        match &self.live().orders {
            Some((running, orders)) if running == id => orders.send(order).is_ok(),
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

    pub(super) fn set_progress(&self, id: &RunId, progress: Progress) {
        self.live().progress.insert(id.clone(), progress);
    }
}
