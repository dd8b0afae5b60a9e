//! Works a batch off: write, judge, commit, tell; one attempt after the other, a thread of the owner's.
//!
//! Not here: what an attempt asks for (`plan`), who writes (`ensemble`), what is good enough (`judging`).
//! Invariants: an attempt's example and the counters that count it are one transaction, in the order of the attempts;
//! a batch is attended before its row says running and until its end is written, so one that says running and is not
//! attended was left over.

mod attempts;
mod preview;
mod work;

pub use preview::Preview;
use preview::Previewed;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use super::generators::Generators;
use super::{
    Batch, BatchError, BatchId, BatchProgress, BatchSettings, BatchStatus, GeneratorChoice, SpeedKey,
};
use crate::error::with_reasons;
use crate::runs::dispatcher::Shared;
use crate::store::batches::Batches;
use crate::{Kind, Result};

/// What the reader of a batch is told whose end is not in the database.
pub(crate) const UNWRITTEN_END: &str = "Its end could not be written down: the database was out of order.";

/// Starts batches, one at a time, and ends them.
#[derive(Debug)]
pub(crate) struct BatchRunner {
    shared: Arc<Shared>,
    generators: Generators,
    live: Mutex<Live>,
    /// Told when a batch has ended.
    idle: Condvar,
    /// What the newest preview wrote.
    previewed: Mutex<Option<Previewed>>,
}

#[derive(Debug, Default)]
struct Live {
    attended: Option<Attended>,
    thread: Option<JoinHandle<()>>,
    /// No batch begins any more.
    closing: bool,
    /// A preview is being made; it is as much work as a batch.
    previewing: bool,
}

#[derive(Debug)]
struct Attended {
    batch: BatchId,
    stop: Arc<AtomicBool>,
    wish: Option<Wish>,
    progress: BatchProgress,
}

/// Why a batch is ended before its last attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wish {
    Cancel,
    Close,
}

impl BatchRunner {
    pub(crate) fn new(shared: Arc<Shared>, generators: Generators) -> Arc<Self> {
        Arc::new(Self {
            shared,
            generators,
            live: Mutex::default(),
            idle: Condvar::new(),
            previewed: Mutex::default(),
        })
    }

    /// Begins a batch that `row` makes or finds; `row` is called when nothing is in the way and must leave a row that
    /// says running. `at_its_end` is called with that row when its end is written, unless Attune itself is ending, and
    /// before anybody is told.
    ///
    /// # Errors
    /// [`BatchError::Active`] while one runs, [`BatchError::Ending`], or what `row` says.
    pub(crate) fn begin(
        self: &Arc<Self>,
        row: impl FnOnce() -> Result<Batch>,
        at_its_end: impl FnOnce(&Batch) + Send + 'static,
    ) -> Result<Batch> {
        self.settle(UNWRITTEN_END)?;
        let mut live = self.live();
        if live.closing {
            return Err(BatchError::Ending.into());
        }
        if let Some(attended) = &live.attended {
            return Err(BatchError::Active { batch: attended.batch.clone() }.into());
        }
        let batch = row()?;
        let stop = Arc::new(AtomicBool::new(false));
        live.attended = Some(Attended {
            batch: batch.id.clone(),
            stop: Arc::clone(&stop),
            wish: None,
            progress: BatchProgress::default(),
        });
        live.thread = Some(std::thread::spawn({
            let (runner, batch) = (Arc::clone(self), batch.clone());
            move || {
                let _until_the_end = Attending(&runner);
                // Here, so that nobody hears of its beginning after its end.
                runner.tell(&batch.id);
                if runner.attend(&batch, &stop) != BatchStatus::Interrupted {
                    at_its_end(&batch);
                }
            }
        }));
        Ok(batch)
    }

    /// Checks that generators can be opened, without loading them, and says under which name their speed is kept.
    ///
    /// # Errors
    /// What is wrong with the first one.
    pub(crate) fn speed_key(&self, settings: &BatchSettings) -> Result<SpeedKey> {
        let names = settings.generators.iter().map(|choice| self.generators.short_name(choice));
        let mut names = names.collect::<Result<Vec<_>>>()?;
        if let Some(endpoint) = &settings.judge {
            let judge = GeneratorChoice::Endpoint { endpoint: endpoint.clone() };
            names.push(format!("judged by {}", self.generators.short_name(&judge)?));
        }
        Ok(SpeedKey {
            generators: names.join(", "),
            candidates: settings.candidates,
            max_new_tokens: settings.max_new_tokens,
        })
    }

    /// Tells the running batch to end soon and to keep what is finished; `false` if it is not this one.
    pub(crate) fn cancel(&self, id: &BatchId) -> bool {
        let mut live = self.live();
        match &mut live.attended {
            Some(attended) if attended.batch == *id => {
                attended.wish.get_or_insert(Wish::Cancel);
                attended.stop.store(true, Ordering::Relaxed);
                true
            }
            _ => false,
        }
    }

    /// No batch begins any more, and the running one is interrupted.
    pub(crate) fn close(&self) {
        let mut live = self.live();
        live.closing = true;
        if let Some(attended) = &mut live.attended {
            attended.wish.get_or_insert(Wish::Close);
            attended.stop.store(true, Ordering::Relaxed);
        }
        self.idle.notify_all();
    }

    /// After [`Self::close`]: the thread of the last batch has ended, unless it is the one that asks: what is done at
    /// a batch's end may hold the last engine.
    pub(crate) fn wait_for_its_thread(&self) {
        let thread = self.live().thread.take();
        if let Some(thread) = thread
            && thread.thread().id() != std::thread::current().id()
            && thread.join().is_err()
        {
            tracing::error!("the thread of a batch had panicked");
        }
    }

    pub(crate) fn is_running(&self) -> bool {
        self.live().attended.is_some()
    }

    pub(crate) fn wait_until_idle(&self) {
        let live = self.live();
        let waited = self.idle.wait_while(live, |live| live.attended.is_some() && !live.closing);
        drop(waited.unwrap_or_else(PoisonError::into_inner));
    }

    /// Waits until this batch is not attended any more.
    pub(crate) fn wait_for(&self, id: &BatchId) {
        let attended = |live: &mut Live| live.attended.as_ref().is_some_and(|attended| attended.batch == *id);
        let waited = self.idle.wait_while(self.live(), attended);
        drop(waited.unwrap_or_else(PoisonError::into_inner));
    }

    /// Ends the row that says running though nobody attends its batch; `why` is what its reader is told.
    ///
    /// # Errors
    /// [`crate::Error::Database`].
    pub(crate) fn settle(&self, why: &str) -> Result<()> {
        let running = Batches(&self.shared.store.connection()).running()?;
        let Some(batch) = running.filter(|batch| !self.attends(&batch.id)) else { return Ok(()) };
        tracing::warn!(batch = %batch.id, "a batch was left running");
        Batches(&self.shared.store.connection()).end(&batch.id, BatchStatus::Interrupted, Some(why))?;
        Ok(())
    }

    /// A stored batch with what is not stored: its progress, or that nobody attends it any more.
    pub(crate) fn as_it_is_now(&self, mut batch: Batch) -> Batch {
        if batch.status != BatchStatus::Running {
            return batch;
        }
        let attended =
            self.live().attended.as_ref().map(|attended| (attended.batch.clone(), attended.progress));
        if let Some((_, progress)) = attended.filter(|(attended, _)| *attended == batch.id) {
            batch.progress = progress;
            return batch;
        }
        // It may have ended since it was read.
        match Batches(&self.shared.store.connection()).find(&batch.id) {
            Ok(Some(now)) if now.status != BatchStatus::Running => now,
            _ => Batch {
                status: BatchStatus::Interrupted,
                error_message: Some(UNWRITTEN_END.to_owned()),
                ..batch
            },
        }
    }

    /// Tells everybody what a batch is now.
    pub(crate) fn publish(&self, id: &BatchId) -> Result<()> {
        let batch = Batches(&self.shared.store.connection()).find(id)?;
        if let Some(batch) = batch {
            self.shared.events.batch(self.as_it_is_now(batch));
        }
        Ok(())
    }

    /// The same for a thread that nobody waits for.
    fn tell(&self, id: &BatchId) {
        if let Err(error) = self.publish(id) {
            tracing::error!(batch = %id, error = with_reasons(&error), "news of a batch could not be told");
        }
    }

    fn attends(&self, id: &BatchId) -> bool {
        self.live().attended.as_ref().is_some_and(|attended| attended.batch == *id)
    }

    fn live(&self) -> MutexGuard<'_, Live> {
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set_progress(&self, progress: BatchProgress) {
        if let Some(attended) = &mut self.live().attended {
            attended.progress = progress;
        }
    }

    /// Sees a batch through to its end, and says which that is.
    fn attend(&self, batch: &Batch, stop: &AtomicBool) -> BatchStatus {
        let id = &batch.id;
        let worked = self.work_off(batch.clone(), stop);
        let wish = self.live().attended.as_ref().and_then(|attended| attended.wish);
        let (status, message) = match (worked, wish) {
            (Ok(work::Worked::ToTheEnd), _) => (BatchStatus::Completed, None),
            (Ok(work::Worked::Stopped), Some(Wish::Close)) => {
                (BatchStatus::Interrupted, Some("Attune ended while this batch was running.".to_owned()))
            }
            (Ok(work::Worked::Stopped), _) => (BatchStatus::Cancelled, None),
            (Err(error), _) => {
                if error.kind() == Kind::Internal {
                    tracing::error!(batch = %id, error = with_reasons(&error), "a batch failed");
                }
                (BatchStatus::Failed, Some(with_reasons(&error)))
            }
        };
        let ended = Batches(&self.shared.store.connection()).end(id, status, message.as_deref());
        if let Err(error) = ended {
            // The next batch or the next owner settles it; until then it is shown as interrupted.
            tracing::error!(batch = %id, error = with_reasons(&error), "the end of a batch could not be kept");
        }
        status
    }
}

/// While it lives a batch is attended; then everybody is told what has become of it.
struct Attending<'r>(&'r BatchRunner);

impl Drop for Attending<'_> {
    fn drop(&mut self) {
        let attended = self.0.live().attended.take();
        self.0.idle.notify_all();
        if let Some(attended) = attended {
            self.0.tell(&attended.batch);
        }
    }
}
