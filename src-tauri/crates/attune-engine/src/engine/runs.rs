//! Runs: list, queue, stop, cancel, delete.

use std::path::PathBuf;
use std::sync::PoisonError;

use super::Engine;
use crate::runs::removal::{self, Removed};
use crate::runs::request::{Prepared, RunRequest};
use crate::runs::start::Start;
use crate::runs::{Curves, Hyperparameters, MemoryPrediction, Method, Run, RunId, RunStatus, resume};
use crate::store::runs::{Ending, Runs};
use crate::{Comparison, ComparisonObserver, Error, Result, comparison};

impl Engine {
    /// The newest runs, or the newest of those made before the run `before`, newest first.
    ///
    /// # Errors
    /// [`Error::UnknownRun`] if there is no run `before`.
    pub fn runs(&self, limit: u32, before: Option<&str>) -> Result<Vec<Run>> {
        let before = before.map(|id| self.run(id)).transpose()?;
        let runs =
            Runs(&self.0.shared.store.connection()).newest(limit, before.as_ref().map(|run| &run.id))?;
        Ok(runs.into_iter().map(|run| self.0.shared.as_it_is_now(run)).collect())
    }

    /// What a run takes that chooses nothing but its method, or an adapter to begin with, with `rows` to train on.
    ///
    /// # Errors
    /// What is wrong with the adapter, or that it is of another method.
    pub fn default_hyperparameters(
        &self,
        method: Option<Method>,
        start_from: Option<PathBuf>,
        rows: usize,
    ) -> Result<Hyperparameters> {
        let start = start_from.as_deref().map(Start::open).transpose()?;
        let nothing_else = RunRequest { method, ..RunRequest::default() };
        Hyperparameters::chosen(&nothing_else, rows, start.as_ref().map(|start| &start.kind))
    }

    /// How much memory the run of this request will need, and how much is free. Its rows are not looked at.
    ///
    /// # Errors
    /// A value, a base or an adapter to begin with that no run can have.
    pub fn predict_memory(&self, request: &RunRequest) -> Result<MemoryPrediction> {
        let start = request.start_from.as_deref().map(Start::open).transpose()?;
        let chosen = Hyperparameters::chosen(request, 1, start.as_ref().map(|start| &start.kind))?;
        let bases = &self.0.bases;
        let base = match &start {
            Some(start) => start.base(bases, request.base_model.as_deref())?,
            None => bases.resolve(request.base_model.as_deref().unwrap_or("auto"))?,
        };
        let needed = attune_tuning::training_memory(&base.architecture()?, &chosen.training_config());
        Ok(MemoryPrediction { needed, free: crate::doctor::free_memory() })
    }

    /// # Errors
    /// [`Error::UnknownRun`].
    pub fn run(&self, id: &str) -> Result<Run> {
        let unknown = || Error::UnknownRun { id: id.to_owned() };
        let run_id = RunId::parse(id).map_err(|_| unknown())?;
        let run = Runs(&self.0.shared.store.connection()).find(&run_id)?;
        Ok(self.0.shared.as_it_is_now(run.ok_or_else(unknown)?))
    }

    /// The run that is running, else the next in the queue.
    pub fn active_run(&self) -> Result<Option<Run>> {
        Runs(&self.0.shared.store.connection()).active()
    }

    /// The curves of a run; see [`Curves`].
    ///
    /// # Errors
    /// [`Error::UnknownRun`], or [`Error::Read`] if a curve is there and cannot be read.
    pub fn curves(&self, id: &str) -> Result<Curves> {
        crate::runs::metrics::read(&self.run(id)?.folder())
    }

    /// Queues a run; it starts when no other is running. A request that repeats an id gets the run it made.
    ///
    /// # Errors
    /// What is wrong with the request or the things it names.
    pub fn create_run(&self, request: RunRequest) -> Result<(Run, Created)> {
        let _one_at_a_time = self.0.creating.lock().unwrap_or_else(PoisonError::into_inner);
        self.create_alone(request)
    }

    /// The same for who has seen to it that no other run is created meanwhile.
    pub(super) fn create_alone(&self, request: RunRequest) -> Result<(Run, Created)> {
        if let Some(id) = &request.id {
            let id = RunId::parse(id)?;
            if let Some(run) = Runs(&self.0.shared.store.connection()).find(&id)? {
                return Ok((self.0.shared.as_it_is_now(run), Created::Before));
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
        self.0.shared.settle()?;
        refuse_while_active(&Runs(&self.0.shared.store.connection()))?;
        self.queue(RunRequest::from_settings(&self.settings()?)?, true)
    }

    /// Tells a running run to end and to keep the best adapter so far; it ends soon after.
    ///
    /// # Errors
    /// [`Error::UnknownRun`], [`Error::RunStillQueued`], or [`Error::RunNotActive`] if it has ended.
    pub fn stop_run(&self, id: &str) -> Result<Run> {
        let run = self.run(id)?;
        if self.0.shared.stop_running(&run.id) {
            return self.run(id);
        }
        match self.run(id)? {
            Run { id, status: RunStatus::Queued, .. } => Err(Error::RunStillQueued { run: id }),
            Run { id, status, .. } => Err(Error::RunNotActive { run: id, status, doing: "stopped" }),
        }
    }

    /// Ends a queued run at once; a running one is told to stop and ends soon after.
    ///
    /// # Errors
    /// [`Error::UnknownRun`], or [`Error::RunNotActive`] if it has ended.
    pub fn cancel_run(&self, id: &str) -> Result<Run> {
        let run = self.run(id)?;
        let shared = &self.0.shared;
        if run.status == RunStatus::Queued {
            let ending = Ending::of(RunStatus::Cancelled);
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
        Err(Error::RunNotActive { run: run.id, status: run.status, doing: "cancelled" })
    }

    /// Deletes a run that has ended, with its adapter; see [`Removed`].
    ///
    /// # Errors
    /// [`Error::UnknownRun`], [`Error::RunStillActive`], or [`Error::Remove`] with the file that stayed.
    pub fn delete_run(&self, id: &str) -> Result<Removed> {
        let _no_new_run_meanwhile = self.0.creating.lock().unwrap_or_else(PoisonError::into_inner);
        removal::remove(&self.0.shared, &self.run(id)?)
    }

    /// The space that deleting a run would free now, in bytes.
    ///
    /// # Errors
    /// [`Error::UnknownRun`].
    pub fn space_of_run(&self, id: &str) -> Result<u64> {
        Ok(removal::space_of(&self.0.shared, &self.run(id)?))
    }

    /// What the base and the tuned model of a completed run answer to the rows it held out; see
    /// [`Comparison`](crate::Comparison). `None` if the observer ended it.
    ///
    /// # Errors
    /// [`Error::UnknownRun`], [`Error::RunHasNoAdapter`], [`Error::NothingHeldOut`], [`Error::HeldOutMissing`] or
    /// [`Error::HeldOutChanged`], or what is wrong with the base or the adapter.
    pub fn compare(&self, id: &str, observer: &mut ComparisonObserver<'_>) -> Result<Option<Comparison>> {
        self.adapter_of(id)?;
        let _one_at_a_time = self.0.comparing.lock().unwrap_or_else(PoisonError::into_inner);
        let run = self.run(id)?;
        let files = self.0.shared.kept_files(&run.id);
        comparison::compare(&run, &files, |base, adapter| self.0.host.pair(base, adapter), observer)
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

    fn queue(&self, request: RunRequest, only_if_idle: bool) -> Result<Run> {
        let shared = &self.0.shared;
        let bases = &self.0.bases;
        let run = match &request.resume_from {
            Some(old) => resume::prepare(shared, bases, &request, old)?,
            None => {
                let request = self.0.samples.put_into(request)?;
                let (request, dataset) = self.put_dataset_into(request)?;
                let Prepared { run, rows, start } =
                    request.prepare(&shared.folder, bases, dataset.as_ref())?;
                let files = shared.kept_files(&run.id);
                files.freeze(&rows, start.as_ref()).inspect_err(|_| files.discard())?;
                run
            }
        };
        let queued = shared.store.exclusively(|transaction| {
            let runs = Runs(transaction);
            if only_if_idle {
                refuse_while_active(&runs)?;
            }
            if runs.claims(&run.output_folder, &run.run_directory)? {
                return Err(Error::RunDirectoryTaken { path: run.folder() });
            }
            runs.insert(&run)
        });
        queued.inspect_err(|_| shared.kept_files(&run.id).discard())?;
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

fn refuse_while_active(runs: &Runs<'_>) -> Result<()> {
    match runs.active()? {
        Some(run) => Err(Error::RunActive { run: run.id, status: run.status }),
        None => Ok(()),
    }
}
