//! The few attempts of a preview.
//!
//! Invariants: a preview keeps no row; a batch that begins with what was previewed takes those very texts, so that
//! nothing is paid for twice and what was shown is what comes.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{MutexGuard, PoisonError};

use super::work::Pace;
use super::{BatchRunner, Live};
use crate::Result;
use crate::generation::ensemble::{Ensemble, Round, Written};
use crate::generation::plan::Attempt;
use crate::generation::{Batch, BatchError, BatchSettings, Example, ExampleStatus, GeneratorName, Tallies};

/// Attempts of a preview.
const PREVIEWED: u32 = 5;

/// The first attempts that a batch with these settings would make. None of them is kept: the batch makes the very same.
#[derive(Debug, Clone, PartialEq)]
pub struct Preview {
    /// With which a batch begins like this.
    pub settings: BatchSettings,
    /// Their ids are those of nothing that is stored.
    pub examples: Vec<Example>,
}

/// What a preview wrote, for the batch that begins with it.
#[derive(Debug)]
pub(super) struct Previewed {
    settings: BatchSettings,
    generators: Vec<GeneratorName>,
    written: Vec<Written>,
}

impl BatchRunner {
    /// The first attempts of a batch with these settings. None if somebody wanted it to end.
    ///
    /// # Errors
    /// [`BatchError::Active`] while a batch runs or another preview is made, or what is wrong with a generator.
    pub(crate) fn preview(
        &self,
        settings: BatchSettings,
        subject: &str,
        stop: &AtomicBool,
    ) -> Result<Option<Preview>> {
        let _alone = Previewing::begin(self)?;
        let mut ensemble = self.ensemble(&settings)?;
        let judging = self.judging(&settings, &ensemble)?;
        *self.previewed() = None;
        let mut twins = self.twins_of(subject)?;
        let mut tallies = Tallies::none(&settings);
        let mut pace = Pace::begin(&tallies);
        let numbers = 0..PREVIEWED.min(settings.most_attempts());
        let attempts = numbers.map(|number| Attempt::of(&settings, number)).collect();
        let Round { written, end } = ensemble.write(attempts, stop);
        if let Some(error) = end {
            return Err(error);
        }
        if stop.load(Ordering::Relaxed) {
            return Ok(None);
        }
        *self.previewed() = Some(Previewed {
            settings: settings.clone(),
            generators: ensemble.names(),
            written: written.clone(),
        });
        let mut examples = Vec::new();
        for attempt in judging.judged(written, stop)? {
            let example = attempt.example(None, subject, &ensemble, &twins, settings.twin_threshold);
            attempt.count(&example, &mut tallies);
            if example.status == ExampleStatus::Accepted {
                twins.insert(example.id.as_str(), &example.output);
            }
            examples.push(example);
        }
        pace.lap(&mut tallies);
        self.measure(&settings, pace.measured(&tallies))?;
        Ok(Some(Preview { settings, examples }))
    }

    /// What was previewed of a batch that has not begun yet, if the very same would write it now.
    pub(super) fn take_previewed(&self, batch: &Batch, ensemble: &Ensemble) -> Option<Vec<Written>> {
        let begins_so = |previewed: &mut Previewed| {
            previewed.settings == batch.settings && previewed.generators == ensemble.names()
        };
        let previewed = self.previewed().take_if(begins_so)?;
        (batch.tallies.attempts == 0).then_some(previewed.written)
    }

    fn previewed(&self) -> MutexGuard<'_, Option<Previewed>> {
        self.previewed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// While it lives a preview is being made.
struct Previewing<'r>(&'r BatchRunner);

impl<'r> Previewing<'r> {
    fn begin(runner: &'r BatchRunner) -> Result<Self> {
        let mut live = runner.live();
        match &*live {
            Live { closing: true, .. } => return Err(BatchError::Ending.into()),
            Live { attended: Some(attended), .. } => {
                return Err(BatchError::Active { batch: attended.batch.clone() }.into());
            }
            Live { previewing: true, .. } => return Err(BatchError::Previewing.into()),
            _ => live.previewing = true,
        }
        drop(live);
        Ok(Self(runner))
    }
}

impl Drop for Previewing<'_> {
    fn drop(&mut self) {
        self.0.live().previewing = false;
    }
}
