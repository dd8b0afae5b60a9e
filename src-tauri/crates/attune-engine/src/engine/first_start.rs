//! The first start: a training on sample rows that needs no decision, once for each data folder.
//!
//! Invariant: it is wanted until it was gone through or skipped, and never where a person has trained already.

use std::sync::PoisonError;

use super::{Created, Engine};
use crate::runs::Run;
use crate::runs::request::RunRequest;
use crate::samples::{FIRST, Sample};
use crate::store::first_start::{FirstStartRow, Remembered};
use crate::store::runs::Runs;
use crate::{Result, RunId};

/// Where a person stands with the first start.
#[derive(Debug, Clone, PartialEq)]
pub struct FirstStart {
    /// Whether to begin with it rather than with the usual pages.
    pub wanted: bool,
    /// The run that was started there last, if it was not deleted.
    pub run: Option<RunId>,
    pub sample: Sample,
}

impl Engine {
    /// The sample rows that ship with Attune.
    ///
    /// # Errors
    /// [`Error::Read`](crate::Error::Read) or [`Error::Decode`](crate::Error::Decode) if an installation is torn.
    pub fn samples(&self) -> Result<Vec<Sample>> {
        self.0.samples.all()
    }

    /// # Errors
    /// As [`Self::samples`], or [`Error::Database`](crate::Error::Database).
    pub fn first_start(&self) -> Result<FirstStart> {
        let sample = self.0.samples.find(FIRST)?;
        let connection = self.0.shared.store.connection();
        let Remembered { finished, run } = FirstStartRow(&connection).read()?;
        // The run itself and one more: that is enough to know of another.
        let newest = Runs(&connection).newest(2, None)?;
        let wanted = !finished && newest.iter().all(|other| Some(&other.id) == run.as_ref());
        let run = run.filter(|run| newest.iter().any(|other| other.id == *run));
        Ok(FirstStart { wanted, run, sample })
    }

    /// Queues the run of the first start, or gives the one that is under way.
    ///
    /// # Errors
    /// As [`Self::create_run`].
    pub fn start_first_run(&self, id: Option<String>) -> Result<(Run, Created)> {
        let _one_at_a_time = self.0.creating.lock().unwrap_or_else(PoisonError::into_inner);
        let row = || FirstStartRow(&self.0.shared.store.connection()).read();
        if let Some(run) = row()?.run
            && let Some(run) = Runs(&self.0.shared.store.connection()).find(&run)?
            && run.status.is_active()
        {
            return Ok((self.0.shared.as_it_is_now(run), Created::Before));
        }
        let request = RunRequest { id, sample: Some(FIRST.to_owned()), ..RunRequest::default() };
        let (run, created) = self.create_alone(request)?;
        self.0.shared.store.exclusively(|transaction| {
            let row = FirstStartRow(transaction);
            row.write(&Remembered { run: Some(run.id.clone()), ..row.read()? })
        })?;
        Ok((run, created))
    }

    /// It was gone through or skipped, and is not wanted again.
    ///
    /// # Errors
    /// As [`Self::first_start`].
    pub fn finish_first_start(&self) -> Result<FirstStart> {
        self.0.shared.store.exclusively(|transaction| {
            let row = FirstStartRow(transaction);
            row.write(&Remembered { finished: true, ..row.read()? })
        })?;
        self.first_start()
    }
}
