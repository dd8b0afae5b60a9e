//! The loop of a batch.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use attune_tuning::BaseModel;

use super::BatchRunner;
use super::attempts::Judging;
use crate::Result;
use crate::generation::ensemble::{Ensemble, Round};
use crate::generation::generators::Failure;
use crate::generation::plan::Attempt;
use crate::generation::{
    Batch, BatchError, BatchProgress, BatchSettings, Example, ExampleFilter, ExampleStatus, Measured, Tallies,
};
use crate::memory::Memorizer;
use crate::quality::FluencyMeter;
use crate::store::batches::Batches;
use crate::store::examples::Examples;
use crate::store::memory::Memory;
use crate::store::speeds::Speeds;
use crate::twins::TwinIndex;

/// Attempts without a text, one after the other, after which a batch gives up.
const MOST_IN_VAIN: u32 = 10;

/// How working a batch off ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Worked {
    ToTheEnd,
    /// Somebody wanted it to end; what is finished is kept.
    Stopped,
}

impl BatchRunner {
    /// Makes the attempts that are missing.
    ///
    /// # Errors
    /// Why it cannot go on; what is finished is kept.
    pub(super) fn work_off(&self, mut batch: Batch, stop: &AtomicBool) -> Result<Worked> {
        let mut ensemble = self.ensemble(&batch.settings)?;
        self.introduce(&mut batch, &ensemble)?;
        let judging = self.judging(&batch.settings, &ensemble)?;
        let memorizer = self.memorizer(&batch.settings, &ensemble)?;
        let mut twins = self.twins_of(&batch.subject)?;
        let mut pace = Pace::begin(&batch.tallies);
        let mut in_vain = InVain::default();
        let mut made = Examples(&self.shared.store.connection()).attempts_of(&batch.id)?;
        let mut previewed = self.take_previewed(&batch, &ensemble);
        while !batch.is_complete() {
            let missing = (0..batch.most_attempts()).filter(|number| !made.contains(number));
            let attempts = missing.take(at_once(&batch, &ensemble) as usize);
            let attempts = attempts.map(|number| Attempt::of(&batch.settings, number));
            // What a preview wrote was measured then.
            let is_new = previewed.is_none();
            let Round { written, end } = match previewed.take() {
                Some(written) => Round { written, end: None },
                None => ensemble.write(attempts.collect(), stop),
            };
            for attempt in judging.judged(written, stop)? {
                let twin_threshold = batch.settings.twin_threshold;
                let example =
                    attempt.example(Some(&batch.id), &batch.subject, &ensemble, &twins, twin_threshold);
                attempt.count(&example, &mut batch.tallies);
                pace.lap(&mut batch.tallies);
                self.commit(&batch, &example, memorizer.as_ref())?;
                made.insert(attempt.written.attempt.number);
                if example.status == ExampleStatus::Accepted {
                    twins.insert(example.id.as_str(), &example.output);
                }
                self.set_progress(pace.progress(&batch));
                let failure = attempt.written.failures.into_iter().next();
                let has_text = !example.output.is_empty();
                self.shared.events.example(example);
                self.shared.events.batch(self.as_it_is_now(batch.clone()));
                in_vain.see(has_text, failure)?;
                if batch.is_complete() {
                    break;
                }
            }
            let measured = pace.measured(&batch.tallies);
            if is_new {
                self.measure(&batch.settings, measured)?;
            }
            if let Some(error) = end {
                return Err(error);
            }
            if stop.load(Ordering::Relaxed) && !batch.is_complete() {
                return Ok(Worked::Stopped);
            }
        }
        Ok(Worked::ToTheEnd)
    }

    pub(super) fn ensemble(&self, settings: &BatchSettings) -> Result<Ensemble> {
        let generators = settings.generators.iter().map(|choice| self.generators.open(choice));
        Ok(Ensemble::new(generators.collect::<Result<_>>()?, settings.candidates, settings.max_new_tokens))
    }

    /// Writes down who writes, and refuses to go on with others than those that began.
    fn introduce(&self, batch: &mut Batch, ensemble: &Ensemble) -> Result<()> {
        let names = ensemble.names();
        if !batch.generators.is_empty() && batch.generators != names {
            let changed = names.iter().zip(&batch.generators).find(|(now, then)| now != then);
            let (name, what) = match changed {
                Some((now, then)) if now.base_digest != then.base_digest => {
                    (then.name.clone(), "its weights are others")
                }
                Some((_, then)) => (then.name.clone(), "its adapter is another one"),
                None => (String::new(), "there are more or fewer of them"),
            };
            return Err(BatchError::GeneratorChanged { batch: batch.id.clone(), name, what }.into());
        }
        batch.generators = names;
        let shown = batch.settings.genres.iter().any(|genre| !genre.references.is_empty());
        let without = if shown { ensemble.without_references() } else { Vec::new() };
        batch.notices = without
            .into_iter()
            .map(|name| format!("{name} cannot go by references; it writes without them."))
            .collect();
        self.shared.store.exclusively(|transaction| {
            Batches(transaction).begin(&batch.id, &batch.generators, &batch.notices)
        })
    }

    /// Judges by the base that writes, else by the one that is there, and by the judge that was asked for.
    pub(super) fn judging(&self, settings: &BatchSettings, ensemble: &Ensemble) -> Result<Judging> {
        let (base, digest) = self.base_of(ensemble)?;
        let judge = self.generators.judge(settings.judge.as_deref())?;
        Ok(Judging { meter: FluencyMeter::new(base, &digest)?, judge })
    }

    /// Who puts what is kept into the memory, if that is wanted.
    fn memorizer(&self, settings: &BatchSettings, ensemble: &Ensemble) -> Result<Option<Memorizer>> {
        if !settings.store_in_memory {
            return Ok(None);
        }
        let (base, digest) = self.base_of(ensemble)?;
        Ok(Some(Memorizer::new(base, digest)))
    }

    /// The base that writes, else the one that is there, and its digest.
    fn base_of(&self, ensemble: &Ensemble) -> Result<(Arc<BaseModel>, String)> {
        ensemble.base().map_or_else(|| self.generators.default_base(), Ok)
    }

    /// Everything that is accepted of a person's.
    pub(super) fn twins_of(&self, subject: &str) -> Result<TwinIndex> {
        let filter = ExampleFilter {
            subject: Some(subject.to_owned()),
            status: Some(ExampleStatus::Accepted),
            ..ExampleFilter::default()
        };
        let mut twins = TwinIndex::new();
        for (id, text) in Examples(&self.shared.store.connection()).texts(&filter)? {
            twins.insert(id.as_str(), &text);
        }
        Ok(twins)
    }

    fn commit(&self, batch: &Batch, example: &Example, memorizer: Option<&Memorizer>) -> Result<()> {
        let kept = memorizer.filter(|_| example.status == ExampleStatus::Accepted);
        let vector = kept.map(|memorizer| memorizer.vector(example)).transpose()?;
        self.shared.store.exclusively(|transaction| {
            Examples(transaction).insert(example)?;
            if let Some(vector) = &vector {
                vector.keep(&Memory(transaction), example)?;
            }
            Batches(transaction).keep_tallies(&batch.id, &batch.tallies)
        })
    }

    /// Remembers how fast it went; the predicted time of the next batch comes from here.
    pub(super) fn measure(&self, settings: &BatchSettings, measured: Measured) -> Result<()> {
        if measured.attempts < 1.0 {
            return Ok(());
        }
        let key = self.speed_key(settings)?;
        self.shared.store.exclusively(|transaction| Speeds(transaction).add(&key, measured))
    }
}

/// How many attempts are made together. What might be paid for is not asked for beyond what is wanted.
fn at_once(batch: &Batch, ensemble: &Ensemble) -> u32 {
    let wanted = batch.settings.num_examples - batch.tallies.kept.min(batch.settings.num_examples);
    let at_once = ensemble.at_once();
    if batch.settings.until_kept && !ensemble.repeats_itself() { at_once.min(wanted) } else { at_once }
}

/// How fast it goes, loading not counted.
pub(super) struct Pace {
    began: Instant,
    /// What other stretches of the batch took.
    before: f64,
    at_the_beginning: Tallies,
    at_the_last_measurement: Tallies,
}

impl Pace {
    pub(super) fn begin(tallies: &Tallies) -> Self {
        Self {
            began: Instant::now(),
            before: tallies.active_seconds,
            at_the_beginning: tallies.clone(),
            at_the_last_measurement: tallies.clone(),
        }
    }

    /// Writes the time down.
    pub(super) fn lap(&self, tallies: &mut Tallies) {
        tallies.active_seconds = self.before + self.began.elapsed().as_secs_f64();
    }

    fn progress(&self, batch: &Batch) -> BatchProgress {
        let measured = Measured::between(&self.at_the_beginning, &batch.tallies);
        let left = batch.most_attempts() - batch.tallies.attempts;
        let rate = measured.attempts_per_second();
        BatchProgress {
            attempts_per_second: rate,
            tokens_per_second: measured.tokens_per_second(),
            seconds_left: rate.map(|rate| f64::from(left) / rate),
        }
    }

    /// What happened since the last measurement.
    pub(super) fn measured(&mut self, tallies: &Tallies) -> Measured {
        let measured = Measured::between(&self.at_the_last_measurement, tallies);
        self.at_the_last_measurement = tallies.clone();
        measured
    }
}

/// Attempts without a text, one after the other.
#[derive(Default)]
struct InVain(u32);

impl InVain {
    fn see(&mut self, has_text: bool, failure: Option<Failure>) -> Result<()> {
        self.0 = if has_text { 0 } else { self.0 + 1 };
        if self.0 < MOST_IN_VAIN {
            return Ok(());
        }
        let why = failure.map_or_else(|| "its text was empty".to_owned(), |failure| failure.words);
        Err(BatchError::GeneratorGaveUp { attempts: self.0, why }.into())
    }
}
