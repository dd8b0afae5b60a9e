//! A batch as it is stored and shown: what was asked for, how far it is, what came of it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{BatchSettings, GeneratorName};
use crate::ids::prefixed_id;
use crate::runs::words;

prefixed_id! {
    /// `batch_` and a ULID.
    BatchId, "batch_"
}

words! {
    BatchStatus {
        Running = "running",
        Completed = "completed",
        Cancelled = "cancelled",
        /// Its owner ended: Attune was closed or killed. It can be continued.
        Interrupted = "interrupted",
        /// A generator or the disk did not allow it to go on. It can be continued.
        Failed = "failed",
    }
}

impl BatchStatus {
    /// Whether attempts may still be missing, so that somebody may want to go on.
    pub fn is_unfinished(self) -> bool {
        matches!(self, Self::Interrupted | Self::Failed | Self::Cancelled)
    }
}

/// Intervals of the histogram over the quality from 0 to 1.
pub(crate) const HISTOGRAM_BINS: usize = 20;

/// What came of the attempts so far.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Tallies {
    /// Attempts that ended, whatever came of them.
    pub attempts: u32,
    /// Attempts whose best candidate was good enough and no twin.
    pub kept: u32,
    /// Attempts whose best candidate was not good enough.
    pub below_line: u32,
    /// Attempts whose best candidate was too much like an accepted example.
    pub twins: u32,
    /// Attempts for which no generator gave a text.
    pub without_text: u32,
    /// Of the best candidates of all attempts with a text, 0 to 1 each, added up.
    pub quality_sum: f64,
    /// Of the kept ones alone.
    pub kept_quality_sum: f64,
    /// Best candidates by quality, from 0 to 1 in intervals of equal width; the last holds 1 as well.
    pub histogram: Vec<u32>,
    /// In the order of the settings.
    pub genres: Vec<GenreTally>,
    /// Candidates of all attempts, those that were not taken included.
    pub candidates: u64,
    /// Tokens of all candidates.
    pub tokens: u64,
    /// What they cost, in millionths of a dollar; 0 for what runs here.
    pub cost_micro_dollars: u64,
    /// Candidates whose price nobody knows; what they cost comes on top.
    pub unpriced: u64,
    /// Asks for which a generator gave no text, by the word under which they are counted.
    pub failures: BTreeMap<String, u32>,
    /// Time that was spent on them, over all continuations.
    pub active_seconds: f64,
}

/// How one genre went.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GenreTally {
    pub genre: String,
    pub attempts: u32,
    pub kept: u32,
}

impl Tallies {
    /// Nothing yet.
    pub(crate) fn none(settings: &BatchSettings) -> Self {
        let genres = settings.genres.iter();
        Self {
            histogram: vec![0; HISTOGRAM_BINS],
            genres: genres
                .map(|genre| GenreTally { genre: genre.name.clone(), attempts: 0, kept: 0 })
                .collect(),
            ..Self::default()
        }
    }

    /// Mean quality of what is kept, 0 to 1.
    pub fn mean_kept_quality(&self) -> Option<f64> {
        (self.kept > 0).then(|| self.kept_quality_sum / f64::from(self.kept))
    }

    /// Mean quality of all attempts with a text, 0 to 1.
    pub fn mean_quality(&self) -> Option<f64> {
        let judged = self.attempts - self.without_text;
        (judged > 0).then(|| self.quality_sum / f64::from(judged))
    }

    /// Share of the attempts that is kept, 0 to 1.
    pub fn kept_share(&self) -> Option<f64> {
        (self.attempts > 0).then(|| f64::from(self.kept) / f64::from(self.attempts))
    }
}

/// What is known of a batch only while it runs.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct BatchProgress {
    /// Attempts a second since this process works on it; none before the first.
    pub attempts_per_second: Option<f64>,
    /// Tokens a second, of all candidates.
    pub tokens_per_second: Option<f64>,
    /// Until the last attempt that may be made.
    pub seconds_left: Option<f64>,
}

/// A batch of examples.
#[derive(Debug, Clone, PartialEq)]
pub struct Batch {
    pub id: BatchId,
    pub status: BatchStatus,
    pub subject: String,
    /// Everything that decides what is asked for, defaults filled in.
    pub settings: BatchSettings,
    pub tallies: Tallies,
    /// Who writes; empty until they were opened for the first time.
    pub generators: Vec<GeneratorName>,
    pub progress: BatchProgress,
    /// Plain sentences for the person.
    pub notices: Vec<String>,
    /// Why it failed or was interrupted.
    pub error_message: Option<String>,
    pub created_at: String,
    pub finished_at: Option<String>,
}

impl Batch {
    /// Attempts that may be made in the end; with "until kept" it may end before.
    pub fn most_attempts(&self) -> u32 {
        self.settings.most_attempts()
    }

    /// Whether nothing is left to do.
    pub(crate) fn is_complete(&self) -> bool {
        let enough = self.settings.until_kept && self.tallies.kept >= self.settings.num_examples;
        enough || self.tallies.attempts >= self.most_attempts()
    }
}

/// What discarding a batch has taken away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Discarded {
    pub batch: BatchId,
    pub examples: u64,
}
