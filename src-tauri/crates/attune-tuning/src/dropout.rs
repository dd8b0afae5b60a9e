//! Dropout: which values of a training step are left out, as a pure function of where they are.
//!
//! Not here: where the network applies it (`network`), and when (`training`: in steps, never in evaluations, answers
//! or the self-check).
//! Invariant: a mask depends on the run's seed, the step, the row's place in the step, the place in the network and
//! the value's position, on nothing drawn before it. So cores, the way rows are cut into batches, and a resume change
//! nothing, and another implementation of the pass can compute the same masks in any order.

use crate::kernels::Value;

/// Added from one number to the next; odd, so that no counter meets another.
const WEYL: u64 = 0x9e37_79b9_7f4a_7c15;

/// Dropout for the rows of one batch.
///
/// Source: Srivastava et al. 2014, "Dropout: A Simple Way to Prevent Neural Networks from Overfitting"; what is kept
/// is scaled by `1 / (1 - rate)`, so that nothing has to be scaled afterwards.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Dropout {
    rate: f64,
    key: u64,
    first_row: usize,
}

/// Dropout for one row.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RowDropout {
    rate: f64,
    key: u64,
}

/// A stack of the network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stack {
    /// What reads the source.
    Encoder,
    /// What writes the target.
    Decoder,
}

/// Where in a stack values are dropped: the places of transformers' T5.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DropoutPlace {
    /// `[positions, width]`: what the first layer reads, a soft prompt's rows included.
    Input,
    /// `[heads, queries, keys]`: the weights of a layer's self-attention, after their softmax.
    SelfWeights(usize),
    /// `[positions, width]`: what a layer's self-attention adds to the residual stream.
    SelfOutput(usize),
    /// `[heads, queries, keys]`: the weights of a decoder layer's cross-attention.
    CrossWeights(usize),
    /// `[positions, width]`: what a decoder layer's cross-attention adds.
    CrossOutput(usize),
    /// `[positions, feed_forward_width]`: between a feed-forward part's gate and its last product.
    Inner(usize),
    /// `[positions, width]`: what a layer's feed-forward part adds.
    FeedForwardOutput(usize),
    /// `[positions, width]`: the stack's output, after its last normalisation.
    Output,
}

/// What one tensor is multiplied with, value by value: 0 or `1 / (1 - rate)`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DropoutMask {
    key: u64,
    /// A 32-bit number below this drops its value.
    threshold: u64,
    scale: f32,
}

impl Dropout {
    /// Dropout at this rate (0 to below 1) in a step of a run (counted from 0); none at rate 0.
    pub fn of_step(rate: f64, seed: u64, step: usize) -> Option<Self> {
        (rate > 0.0).then(|| Self { rate, key: joined(joined(0, seed), step as u64), first_row: 0 })
    }

    /// The same for a batch that has this many rows of its step before it.
    pub fn after_rows(self, rows: usize) -> Self {
        Self { first_row: self.first_row + rows, ..self }
    }

    /// Dropout for a row of the batch, counted from 0.
    pub fn row(&self, row: usize) -> RowDropout {
        RowDropout { rate: self.rate, key: joined(self.key, (self.first_row + row) as u64) }
    }
}

impl RowDropout {
    /// The mask at a place of the network.
    pub fn mask(&self, stack: Stack, place: DropoutPlace) -> DropoutMask {
        let (kind, layer) = match place {
            DropoutPlace::Input => (0, 0),
            DropoutPlace::SelfWeights(layer) => (1, layer),
            DropoutPlace::SelfOutput(layer) => (2, layer),
            DropoutPlace::CrossWeights(layer) => (3, layer),
            DropoutPlace::CrossOutput(layer) => (4, layer),
            DropoutPlace::Inner(layer) => (5, layer),
            DropoutPlace::FeedForwardOutput(layer) => (6, layer),
            DropoutPlace::Output => (7, 0),
        };
        let stack = match stack {
            Stack::Encoder => 0,
            Stack::Decoder => 1,
        };
        DropoutMask {
            key: joined(self.key, (layer as u64) << 4 | kind << 1 | stack),
            threshold: (self.rate * (1_u64 << 32) as f64).round() as u64,
            scale: (1.0 / (1.0 - self.rate)) as f32,
        }
    }
}

impl DropoutMask {
    /// Multiplies a line with its part of the mask. A line is one run of the tensor's last dimension; lines are
    /// counted from 0 in row-major order.
    ///
    /// A 64-bit number decides two neighbours, its low half the first. Each line begins with a number of its own, so
    /// that lines can be computed apart from each other.
    pub fn apply(&self, line: usize, values: &mut [f32]) {
        self.apply_to(line, values);
    }

    /// As [`Self::apply`], for numbers of any kind.
    pub(crate) fn apply_to<V: Value>(&self, line: usize, values: &mut [V]) {
        let line = (line as u64) << 32;
        for (pair, values) in (0_u64..).zip(values.chunks_mut(2)) {
            let number = mixed(self.key.wrapping_add((line | pair).wrapping_mul(WEYL)));
            for (value, number) in values.iter_mut().zip([number & 0xffff_ffff, number >> 32]) {
                let factor = if number < self.threshold { 0.0 } else { self.scale };
                *value = V::narrow(value.widen() * factor);
            }
        }
    }
}

/// A key for one of many things that belong to another key.
fn joined(key: u64, part: u64) -> u64 {
    mixed(mixed(key.wrapping_add(WEYL)) ^ part.wrapping_add(WEYL))
}

/// SplitMix64's finaliser: of a counter it makes numbers that pass for independent ones.
///
/// Source: Steele, Lea, Flood 2014, "Fast Splittable Pseudorandom Number Generators".
fn mixed(mut number: u64) -> u64 {
    number = (number ^ number >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    number = (number ^ number >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ number >> 31
}

#[cfg(test)]
mod tests {
    use super::{Dropout, DropoutMask, DropoutPlace, Stack};

    const LINES: usize = 300;
    const WIDTH: usize = 401;

    fn mask(rate: f64, seed: u64, step: usize, row: usize, place: DropoutPlace) -> DropoutMask {
        Dropout::of_step(rate, seed, step).expect("a rate above 0").row(row).mask(Stack::Encoder, place)
    }

    fn factors(mask: DropoutMask) -> Vec<f32> {
        let mut values = vec![1.0; LINES * WIDTH];
        for (line, values) in values.chunks_mut(WIDTH).enumerate() {
            mask.apply(line, values);
        }
        values
    }

    /// By how many standard deviations a count of events of this probability is off.
    fn deviations(found: usize, of: usize, probability: f64) -> f64 {
        let expected = of as f64 * probability;
        (found as f64 - expected) / (expected * (1.0 - probability)).sqrt()
    }

    #[test]
    fn a_mask_drops_its_rate_and_keeps_the_mean() {
        for rate in [0.01, 0.1, 0.5, 0.9] {
            let factors = factors(mask(rate, 1, 0, 0, DropoutPlace::Input));
            let dropped = factors.iter().filter(|factor| **factor == 0.0).count();
            assert!(deviations(dropped, factors.len(), rate).abs() < 4.0, "{dropped} at {rate}");
            let kept = (1.0 / (1.0 - rate)) as f32;
            assert!(factors.iter().all(|factor| *factor == 0.0 || *factor == kept));
        }
        assert_eq!(Dropout::of_step(0.0, 1, 0), None);
    }

    #[test]
    fn two_masks_that_differ_in_anything_agree_only_by_chance() {
        let first = mask(0.3, 1, 0, 0, DropoutPlace::Inner(0));
        let decoder = Dropout::of_step(0.3, 1, 0).expect("a rate").row(0);
        let others = [
            mask(0.3, 2, 0, 0, DropoutPlace::Inner(0)),
            mask(0.3, 1, 1, 0, DropoutPlace::Inner(0)),
            mask(0.3, 1, 0, 1, DropoutPlace::Inner(0)),
            mask(0.3, 1, 0, 0, DropoutPlace::Inner(1)),
            mask(0.3, 1, 0, 0, DropoutPlace::FeedForwardOutput(0)),
            decoder.mask(Stack::Decoder, DropoutPlace::Inner(0)),
        ];
        let first = factors(first);
        let together = |others: &[f32]| {
            first.iter().zip(others).filter(|(one, other)| **one == 0.0 && **other == 0.0).count()
        };
        for (place, other) in others.into_iter().enumerate() {
            let other = factors(other);
            assert!(deviations(together(&other), other.len(), 0.09).abs() < 4.0, "{place}");
        }
        // Neighbours in a line, and those below each other.
        for shift in [1, 2, WIDTH, 2 * WIDTH] {
            let count = together(&first[shift..]);
            assert!(deviations(count, first.len() - shift, 0.09).abs() < 4.0, "{shift}");
        }
    }

    /// Another implementation must come to the same numbers: these were computed apart, in Python.
    #[test]
    fn masks_are_these_to_the_bit() {
        let bits = |stack, place, line| {
            let mask = Dropout::of_step(0.5, 7, 3).expect("a rate").after_rows(2).row(1).mask(stack, place);
            let mut values = [1.0; 16];
            mask.apply(line, &mut values);
            values.iter().fold(0_u32, |bits, value| bits << 1 | u32::from(*value != 0.0))
        };
        assert_eq!(bits(Stack::Encoder, DropoutPlace::Input, 0), 0xeb13);
        assert_eq!(bits(Stack::Decoder, DropoutPlace::CrossWeights(5), 70_000), 0xf56e);
    }
}
