//! The output head and the cross-entropy in one, by blocks of the vocabulary.
//!
//! The logits are never stored: each block's are used up, forward and backward, while they are in the cache. The
//! slope is gathered with the exponentials' shift known so far and scaled down where a later block raises it.
//! Source: the running shift is that of Milakov, Gimelshein 2018, "Online normalizer calculation for softmax".

use super::products::{Matrix, MatrixMut, Previous, multiply};
use crate::vectors::{Kernel, exponentials, largest, vectorised};

/// Rows of the head taken at once: with the logits of a share they fit a core's second cache at the usual widths.
const BLOCK: usize = 512;

/// Buffers that keep their memory.
#[derive(Debug, Default)]
pub(super) struct HeadScratch {
    /// `[positions, BLOCK]`.
    logits: Vec<f32>,
    /// For each position: the largest logit so far, the sum of the exponentials over it, and the target's logit.
    shifts: Vec<f32>,
    sums: Vec<f64>,
    targets: Vec<f32>,
    losses: Vec<f32>,
}

impl HeadScratch {
    /// The cross-entropy of each position of the last call, in nats.
    pub(super) fn losses(&self) -> &[f32] {
        &self.losses
    }
}

/// The summed cross-entropy in nats of `states` of `[positions, width]` with the tokens that should come, and its
/// slope by the states where `slope` is given. `head` is `[vocabulary, width]`. The scratch keeps each position's loss.
///
/// With `z = h · Wᵀ`: `loss = ln Σ eᶻ - z[target]` and `dh = softmax(z) · W - W[target]`.
pub(super) fn summed_cross_entropy(
    head: &[f32],
    width: usize,
    states: &[f32],
    tokens: &[u32],
    mut slope: Option<&mut [f32]>,
    scratch: &mut HeadScratch,
) -> f64 {
    let HeadScratch { logits, shifts, sums, targets, losses } = scratch;
    let positions = tokens.len();
    shifts.clear();
    shifts.resize(positions, f32::NEG_INFINITY);
    sums.clear();
    sums.resize(positions, 0.0);
    targets.resize(positions, 0.0);
    if let Some(slope) = slope.as_deref_mut() {
        slope.fill(0.0);
    }
    for (block, weights) in head.chunks(BLOCK * width).enumerate() {
        let (first, size) = (block * BLOCK, weights.len() / width);
        logits.resize(positions * size, 0.0);
        let (weights, states) = (Matrix::new(weights, width), Matrix::new(states, width));
        let into = MatrixMut::new(logits, size);
        multiply(into, Previous::Replaced, 1.0, states, weights.transposed());
        for ((token, target), logits) in tokens.iter().zip(&mut *targets).zip(logits.chunks_exact(size)) {
            if let Some(logit) = (*token as usize).checked_sub(first).and_then(|place| logits.get(place)) {
                *target = *logit;
            }
        }
        vectorised(Raise { logits, size, shifts, sums, slope: slope.as_deref_mut() });
        if let Some(slope) = slope.as_deref_mut() {
            multiply(
                MatrixMut::new(slope, width),
                Previous::AddedTo,
                1.0,
                Matrix::new(logits, size),
                weights,
            );
        }
    }
    if let Some(slope) = slope {
        let rows = slope.chunks_exact_mut(width).zip(&*sums).zip(tokens);
        for ((slope, sum), token) in rows {
            let scale = (1.0 / sum) as f32;
            let weights = &head[*token as usize * width..][..width];
            for (slope, weight) in slope.iter_mut().zip(weights) {
                *slope = *slope * scale - weight;
            }
        }
    }
    losses.clear();
    let positions = shifts.iter().zip(&*sums).zip(&*targets);
    positions
        .map(|((shift, sum), target)| f64::from(*shift) + sum.ln() - f64::from(*target))
        .inspect(|loss| losses.push(*loss as f32))
        .sum()
}

/// Makes a block's logits exponentials over the largest so far, and brings what was gathered before to that shift.
struct Raise<'a> {
    logits: &'a mut [f32],
    size: usize,
    shifts: &'a mut [f32],
    sums: &'a mut [f64],
    slope: Option<&'a mut [f32]>,
}

impl Kernel for Raise<'_> {
    type Output = ();

    #[inline(always)]
    fn run(mut self) {
        let positions = self.shifts.len();
        for (position, logits) in self.logits.chunks_exact_mut(self.size).enumerate() {
            let (shift, sum) = (&mut self.shifts[position], &mut self.sums[position]);
            let raised = largest(logits).max(*shift);
            if raised > *shift {
                let shrink = (*shift - raised).exp();
                *sum *= f64::from(shrink);
                if let Some(slope) = self.slope.as_deref_mut() {
                    let width = slope.len() / positions;
                    for slope in &mut slope[position * width..][..width] {
                        *slope *= shrink;
                    }
                }
                *shift = raised;
            }
            *sum += f64::from(exponentials(logits, *shift));
        }
    }
}
