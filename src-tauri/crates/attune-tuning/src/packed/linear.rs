//! A frozen product, with or without the low-rank share of LoRA, over packed positions.
//!
//! The adapter's share is computed in f32 whatever the rest is computed in: it is small, and its values are what is
//! learned.
//! Invariant: the frozen weight has no gradient; nothing here could hold one.

use std::ops::Range;

use super::number::Number;
use super::scratch::fit;
use crate::kernels::{BlockProducts, Kernels, Matrix, MatrixMut, PanelRows, Previous, Written};
use crate::vectors::{Scale, vectorised};

/// `y = x · Wᵀ + scale · (x · Aᵀ) · Bᵀ`.
pub(super) struct Linear<'w, V: Number> {
    /// W, `[outputs, inputs]`.
    pub(super) weight: PanelRows<'w, V>,
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

/// What the way back needs beside the input: `scale · x · Aᵀ`, `[positions, rank]`; empty without LoRA.
#[derive(Debug, Default)]
pub(super) struct LinearTape {
    low: Vec<f32>,
}

/// What products are computed with on a core; its memory is kept.
#[derive(Debug)]
pub(super) struct LinearScratch<V: Number> {
    pub(super) products: BlockProducts<V>,
    /// For LoRA's share.
    pub(super) low_rank: BlockProducts<f32>,
    /// What goes into LoRA's share and what comes out of it in f32, where they are kept otherwise.
    input: Vec<f32>,
    output: Vec<f32>,
    /// By what comes out of a LoRA's A.
    low: Vec<f32>,
}

impl<V: Number> LinearScratch<V> {
    pub(super) fn new(kernels: Kernels) -> Self {
        Self {
            products: BlockProducts::new(V::kernel(kernels)),
            low_rank: BlockProducts::new(kernels.f32),
            input: Vec::new(),
            output: Vec::new(),
            low: Vec::new(),
        }
    }
}

/// What a linear part fills, `[positions, columns]`.
#[derive(Debug)]
pub(super) enum Filled<'a, V> {
    /// Activations or their slopes.
    Values(&'a mut [V]),
    /// What is summed up in f32.
    Wide(&'a mut [f32], Previous),
}

impl<'w, V: Number> Linear<'w, V> {
    pub(super) fn is_adapted(&self) -> bool {
        self.low_rank.is_some()
    }

    /// `x` of `[positions, inputs]` to `y` of `[positions, outputs]`.
    pub(super) fn forward(
        &self,
        x: &[V],
        tape: &mut LinearTape,
        y: Filled<'_, V>,
        scratch: &mut LinearScratch<V>,
    ) {
        let LinearScratch { products, low_rank, input, output, .. } = scratch;
        let Some(LowRank { adapter, a, b, rank, scale }) = &self.low_rank else {
            return self.frozen_forward(products, x, y);
        };
        fit(&mut tape.low, x.len() / self.inputs * rank);
        let x_wide = Matrix::new(V::widened(x, input), self.inputs);
        let a = Matrix::new(&adapter[a.clone()], self.inputs);
        low_rank.multiply(replaced(&mut tape.low, *rank), x_wide, a.transposed());
        vectorised(Scale { values: &mut tape.low, by: *scale });
        let (low, b) = (Matrix::new(&tape.low, *rank), Matrix::new(&adapter[b.clone()], *rank));
        let mut fill = |y: &mut [f32], previous| {
            self.frozen_forward(products, x, Filled::Wide(&mut *y, previous));
            low_rank.multiply(added_to(y, self.outputs), low, b.transposed());
        };
        match y {
            Filled::Values(y) => V::fill_wide(y, output, |y| fill(y, Previous::Replaced)),
            Filled::Wide(y, previous) => fill(y, previous),
        }
    }

    fn frozen_forward(&self, products: &mut BlockProducts<V>, x: &[V], y: Filled<'_, V>) {
        products.forward(y.written(self.outputs), Matrix::new(x, self.inputs), self.weight);
    }

    /// From `dy` of `[positions, outputs]`: `dB += dyᵀ · (scale · x · Aᵀ)` and `dA += (scale · dy · B)ᵀ · x` in the
    /// adapter's gradient, and, where it is wanted, `dx = dy · W + (scale · dy · B) · A`.
    pub(super) fn backward(
        &self,
        x: &[V],
        tape: &LinearTape,
        dy: &[V],
        dx: Option<Filled<'_, V>>,
        gradient: &mut [f32],
        scratch: &mut LinearScratch<V>,
    ) {
        let LinearScratch { products, low_rank, input, output, low: low_slope } = scratch;
        let Some(LowRank { adapter, a, b, rank, scale }) = &self.low_rank else {
            if let Some(dx) = dx {
                self.frozen_backward(products, dy, dx);
            }
            return;
        };
        fit(low_slope, tape.low.len());
        let dy_wide = Matrix::new(V::widened(dy, input), self.outputs);
        let matrix = Matrix::new(&adapter[b.clone()], *rank);
        low_rank.multiply(replaced(low_slope, *rank), dy_wide, matrix);
        vectorised(Scale { values: low_slope, by: *scale });
        let b_slope = added_to(&mut gradient[b.clone()], *rank);
        low_rank.multiply(b_slope, dy_wide.transposed(), Matrix::new(&tape.low, *rank));
        let a_slope = added_to(&mut gradient[a.clone()], self.inputs);
        let slope = Matrix::new(low_slope, *rank);
        let x = Matrix::new(V::widened(x, input), self.inputs);
        low_rank.multiply(a_slope, slope.transposed(), x);

        let Some(dx) = dx else { return };
        let a = Matrix::new(&adapter[a.clone()], self.inputs);
        let mut fill = |dx: &mut [f32], previous| {
            self.frozen_backward(products, dy, Filled::Wide(&mut *dx, previous));
            low_rank.multiply(added_to(dx, self.inputs), slope, a);
        };
        match dx {
            Filled::Values(dx) => V::fill_wide(dx, output, |dx| fill(dx, Previous::Replaced)),
            Filled::Wide(dx, previous) => fill(dx, previous),
        }
    }

    fn frozen_backward(&self, products: &mut BlockProducts<V>, dy: &[V], dx: Filled<'_, V>) {
        products.backward(dx.written(self.inputs), Matrix::new(dy, self.outputs), self.weight);
    }
}

fn replaced(values: &mut [f32], columns: usize) -> Written<'_, f32> {
    Written::Wide(MatrixMut::new(values, columns), Previous::Replaced)
}

fn added_to(values: &mut [f32], columns: usize) -> Written<'_, f32> {
    Written::Wide(MatrixMut::new(values, columns), Previous::AddedTo)
}

impl<'a, V: Number> Filled<'a, V> {
    fn written(self, columns: usize) -> Written<'a, V> {
        match self {
            Self::Values(values) => Written::Narrow(MatrixMut::new(values, columns)),
            Self::Wide(values, previous) => Written::Wide(MatrixMut::new(values, columns), previous),
        }
    }
}
