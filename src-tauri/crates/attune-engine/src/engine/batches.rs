//! Batches of generated examples: what there is to write about, what it will take, begin, end, go on.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use super::{Created, Engine};
use crate::Result;
use crate::content::Content;
use crate::generation::runner::UNWRITTEN_END;
use crate::generation::{
    Batch, BatchError, BatchId, BatchProgress, BatchRequest, BatchSettings, BatchStatus, Discarded, Estimate,
    GeneratorChoice, GeneratorEstimate, Preview, SpeedKey, Tallies,
};
use crate::limits::require_file;
use crate::store::batches::Batches;
use crate::store::examples::Examples;
use crate::store::speeds::Speeds;

impl Engine {
    /// What there is to write about, read anew, with what of a person's own files cannot be used.
    ///
    /// # Errors
    /// [`Error::ContentRefused`](crate::Error::ContentRefused) if an installation is torn.
    pub fn content(&self) -> Result<Content> {
        self.0.content.load()
    }

    /// Begins a batch. A request that repeats an id gets the batch that it made.
    ///
    /// # Errors
    /// What is wrong with the request or the generators it names; [`BatchError::Active`] while another runs.
    pub fn create_batch(&self, request: &BatchRequest) -> Result<(Batch, Created)> {
        let id = request.parsed_id()?;
        if let Some(id) = &id
            && let Some(batch) = Batches(&self.0.shared.store.connection()).find(id)?
        {
            return Ok((self.as_it_is_now(batch), Created::Before));
        }
        let subject = request.checked_subject()?;
        let settings = request.settled(&self.content()?)?;
        // What can be found wrong with a generator is said before there is a row.
        self.speed_key(&settings)?;
        let row = || {
            let batch = Batch {
                id: id.unwrap_or_else(BatchId::generate),
                status: BatchStatus::Running,
                subject,
                tallies: Tallies::none(&settings),
                settings,
                generators: Vec::new(),
                progress: BatchProgress::default(),
                notices: Vec::new(),
                error_message: None,
                created_at: crate::clock::now(),
                finished_at: None,
            };
            self.0.shared.store.exclusively(|transaction| Batches(transaction).insert(&batch))?;
            Ok(batch)
        };
        let batch = self.0.batches.begin(row, self.tuning_at_the_end())?;
        Ok((batch, Created::Now))
    }

    /// The newest batches, or the newest of those made before the batch `before`, newest first.
    ///
    /// # Errors
    /// [`BatchError::UnknownBatch`] if there is no batch `before`.
    pub fn batches(&self, limit: u32, before: Option<&str>) -> Result<Vec<Batch>> {
        let before = before.map(|id| self.batch(id)).transpose()?;
        let batches = Batches(&self.0.shared.store.connection())
            .newest(limit, before.as_ref().map(|batch| &batch.id))?;
        Ok(batches.into_iter().map(|batch| self.as_it_is_now(batch)).collect())
    }

    /// # Errors
    /// [`BatchError::UnknownBatch`].
    pub fn batch(&self, id: &str) -> Result<Batch> {
        let unknown = || BatchError::UnknownBatch { id: id.to_owned() };
        let batch_id = BatchId::parse(id).map_err(|_| unknown())?;
        let batch = Batches(&self.0.shared.store.connection()).find(&batch_id)?;
        Ok(self.as_it_is_now(batch.ok_or_else(unknown)?))
    }

    /// The batch when it runs no more. Blocks as long as that takes.
    ///
    /// # Errors
    /// [`BatchError::UnknownBatch`].
    pub fn wait_for_batch(&self, id: &str) -> Result<Batch> {
        let batch = self.batch(id)?;
        self.0.batches.wait_for(&batch.id);
        self.batch(id)
    }

    /// Tells a running batch to end; it ends soon after and keeps what is finished. An interrupted or failed one is
    /// given up, with what it has.
    ///
    /// # Errors
    /// [`BatchError::UnknownBatch`], or [`BatchError::WrongStatus`] if it has ended otherwise.
    pub fn cancel_batch(&self, id: &str) -> Result<Batch> {
        let batch = self.batch(id)?;
        if self.0.batches.cancel(&batch.id) {
            return self.batch(id);
        }
        self.0.batches.settle(UNWRITTEN_END)?;
        let given_up =
            self.0.shared.store.exclusively(|transaction| Batches(transaction).give_up(&batch.id))?;
        let Batch { id: batch, status, .. } = self.batch(id)?;
        if !given_up {
            return Err(BatchError::WrongStatus { batch, status, doing: "cancelled" }.into());
        }
        self.0.batches.publish(&batch)?;
        self.batch(id)
    }

    /// Goes on with a batch that was interrupted, failed or was cancelled: with exactly the attempts that are missing.
    ///
    /// # Errors
    /// [`BatchError::UnknownBatch`], [`BatchError::Active`] while one runs, [`BatchError::WrongStatus`] if it is
    /// complete, [`BatchError::NothingMissing`].
    pub fn continue_batch(&self, id: &str) -> Result<Batch> {
        let batch = self.batch(id)?.id;
        let row = || {
            let before = Batches(&self.0.shared.store.connection()).find(&batch)?;
            let before = before.ok_or_else(|| BatchError::UnknownBatch { id: id.to_owned() })?;
            if !before.status.is_unfinished() {
                let status = before.status;
                return Err(BatchError::WrongStatus { batch, status, doing: "continued" }.into());
            }
            if before.is_complete() {
                return Err(BatchError::NothingMissing { batch }.into());
            }
            self.0.shared.store.exclusively(|transaction| Batches(transaction).go_on(&batch))?;
            Ok(Batch { status: BatchStatus::Running, error_message: None, finished_at: None, ..before })
        };
        self.0.batches.begin(row, self.tuning_at_the_end())
    }

    /// What is done when a batch has ended.
    fn tuning_at_the_end(&self) -> impl FnOnce(&Batch) + Send + 'static {
        let engine = Arc::downgrade(&self.0);
        move |batch| {
            if let Some(inner) = engine.upgrade() {
                Self(inner).tune_if_wanted(&batch.subject);
            }
        }
    }

    /// Takes a batch that does not run away, with all of its examples.
    ///
    /// # Errors
    /// [`BatchError::UnknownBatch`], or [`BatchError::WrongStatus`] while it runs.
    pub fn discard_batch(&self, id: &str) -> Result<Discarded> {
        let Batch { id: batch, status, .. } = self.batch(id)?;
        if status == BatchStatus::Running {
            return Err(BatchError::WrongStatus { batch, status, doing: "discarded" }.into());
        }
        self.0.batches.settle(UNWRITTEN_END)?;
        let examples = self.0.shared.store.exclusively(|transaction| {
            let examples = Examples(transaction).delete_of(&batch)?;
            Batches(transaction).delete(&batch)?;
            Ok(examples)
        })?;
        self.0.shared.events.batch_discarded(batch.clone());
        Ok(Discarded { batch, examples })
    }

    /// The first five examples of a batch with this request, none of which is kept. With the seed that it says the
    /// batch begins with the very same. `None` if `stop` was set meanwhile.
    ///
    /// # Errors
    /// As [`Self::create_batch`].
    pub fn preview(&self, request: &BatchRequest, stop: &AtomicBool) -> Result<Option<Preview>> {
        let subject = request.checked_subject()?;
        let settings = request.settled(&self.content()?)?;
        self.0.batches.preview(settings, &subject, stop)
    }

    /// What a batch with this request will take, from what was measured on this machine. Nothing is loaded or sent.
    ///
    /// # Errors
    /// What is wrong with the request or the generators it names.
    pub fn estimate(&self, request: &BatchRequest) -> Result<Estimate> {
        let settings = request.settled(&self.content()?)?;
        let key = self.speed_key(&settings)?;
        let measured = Speeds(&self.0.shared.store.connection()).find(&key)?;
        let names = key.generators.split(", ").take(settings.generators.len());
        let names = names.map(|name| GeneratorEstimate { name: name.to_owned() });
        let (wanted, until_kept) = (settings.num_examples, settings.until_kept);
        let is_free = self.runs_here(&settings)?;
        Ok(Estimate::of(names.collect(), wanted, until_kept, is_free, measured))
    }

    /// Under what the speed of such a batch is kept, after a look at what its generators name. Nothing is loaded.
    fn speed_key(&self, settings: &BatchSettings) -> Result<SpeedKey> {
        let key = self.0.batches.speed_key(settings)?;
        for choice in &settings.generators {
            if let GeneratorChoice::LocalChat { file } = choice {
                require_file("file", file)?;
            }
        }
        Ok(key)
    }

    /// Whether all that writes and judges is on this computer.
    fn runs_here(&self, settings: &BatchSettings) -> Result<bool> {
        let is_here = |endpoint: &String| {
            self.own_endpoints().find(endpoint).map(|found| found.base_url.is_on_this_computer())
        };
        for choice in &settings.generators {
            if let GeneratorChoice::Endpoint { endpoint } = choice
                && !is_here(endpoint)?
            {
                return Ok(false);
            }
        }
        settings.judge.as_ref().map_or(Ok(true), is_here)
    }

    fn as_it_is_now(&self, batch: Batch) -> Batch {
        self.0.batches.as_it_is_now(batch)
    }
}
