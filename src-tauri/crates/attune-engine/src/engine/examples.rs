//! Examples: look for them, review them, take a review back, and how far they reach for a tuning.

use std::collections::BTreeSet;

use super::Engine;
use crate::generation::request::checked_subject;
use crate::generation::{
    BatchError, Example, ExampleFilter, ExampleId, ExamplePage, ExampleStatus, Readiness, RejectionKind,
    Review, Reviewed, TwinCluster,
};
use crate::limits::check_number;
use crate::store::examples::Examples;
use crate::store::memory::Memory;
use crate::store::reviews::Reviews;
use crate::store::speeds::Tunings;
use crate::twins::clusters;
use crate::{Remembered, Result, RunId};

impl Engine {
    /// The newest examples that the filter lets through, or those before a number that an earlier page named.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn examples(&self, filter: &ExampleFilter, before: Option<u64>, limit: u32) -> Result<ExamplePage> {
        Examples(&self.0.shared.store.connection()).page(filter, before, limit)
    }

    /// # Errors
    /// [`BatchError::UnknownExample`].
    pub fn example(&self, id: &str) -> Result<Example> {
        let unknown = || BatchError::UnknownExample { id: id.to_owned() };
        let example_id = ExampleId::parse(id).map_err(|_| unknown())?;
        let example = Examples(&self.0.shared.store.connection()).find(&example_id)?;
        Ok(example.ok_or_else(unknown)?)
    }

    /// What a person says of one example.
    ///
    /// # Errors
    /// [`BatchError::UnknownExample`], [`BatchError::NoText`], or what is wrong with an edit.
    pub fn review_example(&self, id: &str, review: &Review) -> Result<Example> {
        let id = self.example(id)?.id;
        let reviewed = self.reviewed(|examples| {
            let before = examples.find(&id)?;
            let before = before.ok_or_else(|| BatchError::UnknownExample { id: id.to_string() })?;
            let after = review.of(&before)?;
            Ok(vec![(before, after)])
        })?;
        match reviewed.examples.into_iter().next() {
            Some(example) => Ok(example),
            None => self.example(id.as_str()),
        }
    }

    /// Accepts every example that the filter lets through, has at least this quality (0 to 1), and is not accepted
    /// yet; but no twins, and nothing that a person rejected.
    ///
    /// # Errors
    /// [`Error::InvalidField`](crate::Error::InvalidField) for a quality outside 0 to 1.
    pub fn accept_from(&self, filter: &ExampleFilter, quality: f64) -> Result<Reviewed> {
        check_quality(quality)?;
        self.reviewed(|examples| {
            let before = acceptable(examples, filter, quality)?.into_iter();
            before.map(|before| Review::Accept.of(&before).map(|after| (before, after))).collect()
        })
    }

    /// How many examples [`Self::accept_from`] would accept.
    ///
    /// # Errors
    /// As there.
    pub fn count_acceptable(&self, filter: &ExampleFilter, quality: f64) -> Result<u64> {
        check_quality(quality)?;
        Ok(acceptable(&Examples(&self.0.shared.store.connection()), filter, quality)?.len() as u64)
    }

    /// Takes the last review back, a bulk one as a whole.
    ///
    /// # Errors
    /// [`BatchError::NothingToUndo`].
    pub fn undo_review(&self) -> Result<Reviewed> {
        let restored = self.0.shared.store.exclusively(|transaction| {
            let examples = Examples(transaction);
            let restored = Reviews(transaction).take_newest(|id| examples.find(id))?;
            restored.iter().try_for_each(|example| examples.change(example))?;
            Ok(restored)
        })?;
        if restored.is_empty() {
            return Err(BatchError::NothingToUndo.into());
        }
        self.tell(&restored);
        Ok(Reviewed { examples: restored })
    }

    /// How far the accepted examples of a subject (default `me`) reach for a tuning.
    ///
    /// # Errors
    /// [`Error::InvalidField`](crate::Error::InvalidField) for an impossible subject.
    pub fn readiness(&self, subject: Option<&str>) -> Result<Readiness> {
        let subject = checked_subject(subject)?;
        let connection = self.0.shared.store.connection();
        let last_tuning = Tunings(&connection).last(&subject)?;
        let since = last_tuning.as_ref().map(|tuning| tuning.frozen_at.as_str());
        let (accepted, in_all) = Examples(&connection).count_accepted(&subject, since)?;
        Ok(Readiness::of(subject, accepted, in_all, last_tuning))
    }

    /// What was accepted of a subject up to `frozen_at` was given to a run; from now on only what is newer counts
    /// towards the next tuning.
    ///
    /// # Errors
    /// The database cannot be written.
    pub fn note_tuning(&self, subject: &str, run: &RunId, frozen_at: &str) -> Result<()> {
        self.0
            .shared
            .store
            .exclusively(|transaction| Tunings(transaction).insert(subject, run.as_str(), frozen_at))
    }

    /// What of a subject (default `me`) is in the memory, the newest first.
    ///
    /// # Errors
    /// [`Error::InvalidField`](crate::Error::InvalidField) for an impossible subject.
    pub fn memory(&self, subject: Option<&str>, limit: u32) -> Result<Vec<Remembered>> {
        let subject = checked_subject(subject)?;
        Memory(&self.0.shared.store.connection()).newest(&subject, limit)
    }

    /// Examples that the filter lets through whose texts are alike from this threshold on (above 0, at most 1), in
    /// groups of two or more.
    ///
    /// # Errors
    /// [`Error::InvalidField`](crate::Error::InvalidField) for an impossible threshold.
    pub fn twin_clusters(&self, filter: &ExampleFilter, threshold: f64) -> Result<Vec<TwinCluster>> {
        let holds = threshold > 0.0 && threshold <= 1.0;
        check_number("threshold", threshold, holds, "it is above 0 and at most 1")?;
        let texts = Examples(&self.0.shared.store.connection()).texts(filter)?;
        let groups = clusters(texts.iter().map(|(_, text)| text.as_str()), threshold);
        let ids = |group: Vec<usize>| group.into_iter().map(|place| texts[place].0.clone()).collect();
        Ok(groups.into_iter().map(|group| TwinCluster { examples: ids(group) }).collect())
    }

    /// Changes examples in one act: `decide` gives each as it was and as it shall be.
    fn reviewed(
        &self,
        decide: impl FnOnce(&Examples<'_>) -> Result<Vec<(Example, Example)>>,
    ) -> Result<Reviewed> {
        let examples = self.0.shared.store.exclusively(|transaction| {
            let examples = Examples(transaction);
            let (before, after): (Vec<_>, Vec<_>) = decide(&examples)?.into_iter().unzip();
            Reviews(transaction).remember(&before)?;
            after.iter().try_for_each(|example| examples.change(example))?;
            Ok(after)
        })?;
        // While a batch runs it is left to the batch's end, which may bring more.
        if !self.0.batches.is_running() {
            let accepted = examples.iter().filter(|example| example.status == ExampleStatus::Accepted);
            let subjects: BTreeSet<&str> = accepted.map(|example| example.subject.as_str()).collect();
            subjects.into_iter().for_each(|subject| self.tune_if_wanted(subject));
        }
        self.tell(&examples);
        Ok(Reviewed { examples })
    }

    fn tell(&self, examples: &[Example]) {
        examples.iter().for_each(|example| self.0.shared.events.example(example.clone()));
    }
}

fn check_quality(quality: f64) -> Result<()> {
    check_number("minQuality", quality, (0.0..=1.0).contains(&quality), "a quality is 0 to 1")
}

/// What a bulk accept takes.
fn acceptable(examples: &Examples<'_>, filter: &ExampleFilter, quality: f64) -> Result<Vec<Example>> {
    let least = filter.min_quality.map_or(quality, |least| least.max(quality));
    let mut found = examples.all(&ExampleFilter { min_quality: Some(least), ..filter.clone() })?;
    found.retain(|example| {
        let rejection = example.rejection.as_ref().map(|rejection| rejection.kind);
        let open = matches!(rejection, None | Some(RejectionKind::BelowLine));
        open && example.status != ExampleStatus::Accepted && !example.output.trim().is_empty()
    });
    Ok(found)
}
