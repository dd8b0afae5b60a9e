//! A frozen product, with or without the low-rank share of LoRA, over packed positions.
//!
//! Invariant: the frozen weight has no gradient; nothing here could hold one.

use std::ops::Range;

use super::products::{Matrix, MatrixMut, Previous, multiply};
use super::weights::FrozenValues;

/// `y = x · Wᵀ + scale · (x · Aᵀ) · Bᵀ`.
pub(super) struct Linear<'w> {
    /// W, `[outputs, inputs]`.
    pub(super) weight: FrozenValues<'w>,
    pub(super) outputs: usize,
    pub(super) inputs: usize,
    pub(super) low_rank: Option<LowRank<'w>>,
}

/// What LoRA adds, and where it lies in the adapter and its gradient.
///
/// Source: Hu et al. 2021, "LoRA: Low-Rank Adaptation of Large Language Models".
pub(super) struct LowRank<'w> {
    /// The whole adapter.
    pub(super) adapter: &'w [f32],
    /// A, `[rank, inputs]`.
    pub(super) a: Range<usize>,
    /// B, `[outputs, rank]`.
    pub(super) b: Range<usize>,
    pub(super) rank: usize,
    /// Alpha by rank.
    pub(super) scale: f32,
}

/// What the way back needs beside the input: `x · Aᵀ`, `[positions, rank]`; empty without LoRA.
#[derive(Debug, Default)]
pub(super) struct LinearTape {
    low: Vec<f32>,
}

impl Linear<'_> {
    pub(super) fn is_adapted(&self) -> bool {
        self.low_rank.is_some()
    }

    /// `x` of `[positions, inputs]` to `y` of `[positions, outputs]`.
    pub(super) fn forward(&self, x: &[f32], tape: &mut LinearTape, y: &mut [f32], previous: Previous) {
        let x = Matrix::new(x, self.inputs);
        let weight = Matrix::new(self.weight.values(), self.inputs);
        multiply(MatrixMut::new(y, self.outputs), previous, 1.0, x, weight.transposed());
        if let Some(LowRank { adapter, a, b, rank, scale }) = &self.low_rank {
            tape.low.resize(y.len() / self.outputs * rank, 0.0);
            let a = Matrix::new(&adapter[a.clone()], self.inputs);
            multiply(MatrixMut::new(&mut tape.low, *rank), Previous::Replaced, 1.0, x, a.transposed());
            let b = Matrix::new(&adapter[b.clone()], *rank);
            let low = Matrix::new(&tape.low, *rank);
            multiply(MatrixMut::new(y, self.outputs), Previous::AddedTo, *scale, low, b.transposed());
        }
    }

    /// From `dy` of `[positions, outputs]`: `dB += scale · dyᵀ · low` and `dA += (scale · dy · B)ᵀ · x` in the
    /// adapter's gradient, and, where it is wanted, `dx = dy · W + (scale · dy · B) · A`.
    pub(super) fn backward(
        &self,
        x: &[f32],
        tape: &LinearTape,
        dy: &[f32],
        dx: Option<(&mut [f32], Previous)>,
        gradient: &mut [f32],
        low_slope: &mut Vec<f32>,
    ) {
        let dy = Matrix::new(dy, self.outputs);
        if let Some(LowRank { adapter, a, b, rank, scale }) = &self.low_rank {
            low_slope.resize(tape.low.len(), 0.0);
            let matrix = Matrix::new(&adapter[b.clone()], *rank);
            multiply(MatrixMut::new(low_slope, *rank), Previous::Replaced, *scale, dy, matrix);
            let (b_slope, low) =
                (MatrixMut::new(&mut gradient[b.clone()], *rank), Matrix::new(&tape.low, *rank));
            multiply(b_slope, Previous::AddedTo, *scale, dy.transposed(), low);
            let a_slope = MatrixMut::new(&mut gradient[a.clone()], self.inputs);
            let slope = Matrix::new(low_slope, *rank);
            multiply(a_slope, Previous::AddedTo, 1.0, slope.transposed(), Matrix::new(x, self.inputs));
        }
        let Some((dx, previous)) = dx else { return };
        let weight = Matrix::new(self.weight.values(), self.inputs);
        multiply(MatrixMut::new(dx, self.inputs), previous, 1.0, dy, weight);
        if let Some(LowRank { adapter, a, rank, .. }) = &self.low_rank {
            let a = Matrix::new(&adapter[a.clone()], self.inputs);
            let slope = Matrix::new(low_slope, *rank);
            multiply(MatrixMut::new(dx, self.inputs), Previous::AddedTo, 1.0, slope, a);
        }
    }
}
