//! The order of an epoch: which examples make which batch of which step.
//!
//! Invariant: it depends on the seed, the epoch and the examples' lengths alone, so that a resumed run finds the
//! order that it left, without a generator's state being stored.

use std::ops::Range;

use rand::{SeedableRng, seq::SliceRandom};
use rand_chacha::ChaCha8Rng;

use super::TrainingConfig;
use crate::{EncodedExample, PackedBatch, Result};

/// The steps of one epoch.
pub(super) struct EpochOrder {
    /// Places in the list of examples.
    shuffled: Vec<usize>,
    /// Ranges of `shuffled`.
    batches: Vec<Range<usize>>,
    batches_a_step: usize,
}

impl EpochOrder {
    /// The order of an epoch, counted from 0.
    pub(super) fn new(examples: &[EncodedExample], config: &TrainingConfig, epoch: usize) -> Self {
        let mut random = ChaCha8Rng::seed_from_u64(config.seed);
        // The start draws from stream 0 of the same seed.
        random.set_stream(epoch as u64 + 1);
        let mut shuffled: Vec<usize> = (0..examples.len()).collect();
        shuffled.shuffle(&mut random);

        let mut batches: Vec<Range<usize>> = Vec::new();
        let mut tokens_so_far = 0;
        for (place, example) in shuffled.iter().enumerate() {
            let tokens = examples[*example].source.len() + examples[*example].target.len();
            let fits = config.batch_tokens.is_none_or(|budget| tokens_so_far + tokens <= budget);
            match batches.last_mut().filter(|batch| fits && batch.len() < config.batch_size) {
                Some(batch) => batch.end += 1,
                None => {
                    batches.push(place..place + 1);
                    tokens_so_far = 0;
                }
            }
            tokens_so_far += tokens;
        }
        Self { shuffled, batches, batches_a_step: config.accumulation_steps }
    }

    pub(super) fn steps(&self) -> usize {
        self.batches.len().div_ceil(self.batches_a_step)
    }

    /// The batches of a step, counted from 0.
    pub(super) fn step(&self, step: usize, examples: &[EncodedExample]) -> Result<Vec<PackedBatch>> {
        let first = step * self.batches_a_step;
        let end = (first + self.batches_a_step).min(self.batches.len());
        let pack = |batch: &Range<usize>| {
            PackedBatch::pack(self.shuffled[batch.clone()].iter().map(|place| &examples[*place]))
        };
        self.batches[first..end].iter().map(pack).collect()
    }
}
