//! The output head and the cross-entropy in one, by blocks of the vocabulary.
//!
//! The logits are never stored: each block's are used up, forward and backward, while they are in the cache. The
//! slope is gathered with the exponentials' shift known so far and scaled down where a later block raises it.
//! Source: the running shift is that of Milakov, Gimelshein 2018, "Online normalizer calculation for softmax".

use super::number::Number;
use super::scratch::fit;
use crate::kernels::{BlockProducts, Matrix, MatrixMut, PanelRows, Previous, Written};
use crate::vectors::{Kernel, exponentials, largest, vectorised};

/// Rows of the head taken at once: with the logits of a share they fit a core's second cache at the usual widths.
const BLOCK: usize = 512;

/// The head's frozen weight of `[vocabulary, width]`.
pub(super) struct Head<'w, V: Number> {
    pub(super) weight: PanelRows<'w, V>,
    pub(super) vocabulary: usize,
    pub(super) width: usize,
}

/// Buffers that keep their memory.
#[derive(Debug, Default)]
pub(super) struct HeadScratch<V> {
    /// `[positions, BLOCK]`.
    logits: Vec<f32>,
    /// The same in the pass's own numbers, where they are others.
    narrowed: Vec<V>,
    /// For each position: the largest logit so far, the sum of the exponentials over it, and the target's logit.
    shifts: Vec<f32>,
    sums: Vec<f64>,
    targets: Vec<f32>,
    losses: Vec<f32>,
}

impl<V> HeadScratch<V> {
    /// The cross-entropy of each position of the last call, in nats.
    pub(super) fn losses(&self) -> &[f32] {
        &self.losses
    }
}

/// The summed cross-entropy in nats of `states` of `[positions, width]` with the tokens that should come, and its
/// slope by the states where `slope` is given. The scratch keeps each position's loss.
///
/// With `z = h · Wᵀ`: `loss = ln Σ eᶻ - z[target]` and `dh = softmax(z) · W - W[target]`.
pub(super) fn summed_cross_entropy<V: Number>(
    head: &Head<'_, V>,
    states: &[V],
    tokens: &[u32],
    mut slope: Option<&mut [f32]>,
    products: &mut BlockProducts<V>,
    scratch: &mut HeadScratch<V>,
) -> f64 {
    let HeadScratch { logits, narrowed, shifts, sums, targets, losses } = scratch;
    let Head { weight, vocabulary, width } = head;
    let (vocabulary, width) = (*vocabulary, *width);
    let positions = tokens.len();
    shifts.clear();
    shifts.resize(positions, f32::NEG_INFINITY);
    sums.clear();
    sums.resize(positions, 0.0);
    targets.resize(positions, 0.0);
    if let Some(slope) = slope.as_deref_mut() {
        slope.fill(0.0);
    }
    for first in (0..vocabulary).step_by(BLOCK) {
        let size = BLOCK.min(vocabulary - first);
        fit(logits, positions * size);
        let into = Written::Wide(MatrixMut::new(logits, size), Previous::Replaced);
        let block = weight.outputs(first..first + size);
        products.forward(into, Matrix::new(states, width), block);
        for ((token, target), logits) in tokens.iter().zip(&mut *targets).zip(logits.chunks_exact(size)) {
            if let Some(logit) = (*token as usize).checked_sub(first).and_then(|place| logits.get(place)) {
                *target = *logit;
            }
        }
        vectorised(Raise { logits, size, shifts, sums, slope: slope.as_deref_mut() });
        if let Some(slope) = slope.as_deref_mut() {
            let into = Written::Wide(MatrixMut::new(slope, width), Previous::AddedTo);
            let exponentials = Matrix::new(V::narrowed(logits, narrowed), size);
            products.backward(into, exponentials, block);
        }
    }
    if let Some(slope) = slope {
        let rows = slope.chunks_exact_mut(width).zip(&*sums).zip(tokens);
        for ((slope, sum), token) in rows {
            let scale = (1.0 / sum) as f32;
            for (slope, weight) in slope.iter_mut().zip(weight.row(*token as usize)) {
                *slope = *slope * scale - weight.widen();
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
