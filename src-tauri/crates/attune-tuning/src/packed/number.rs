//! The numbers a pass is computed in: f32, or bf16 with sums, norms, softmax and the residual stream in f32.
//!
//! All operations are written once, over [`Number`]; only the blocks that products are made of differ.
//! Invariant: in f32 nothing is converted and nothing copied that would not be without this seam.

use half::bf16;

use super::scratch::fit;
use crate::kernels::{Blocked, Kernels, Panels};
use crate::vectors::convert;
use crate::{BaseModel, Result};

/// A number that activations are kept in.
pub(super) trait Number: Blocked {
    /// A share has at most about this many positions. Each share reads every weight once, so small ones are slow;
    /// large ones need more memory and leave cores without work at the end of a step.
    const POSITIONS_A_SHARE: usize;

    fn kernel(kernels: Kernels) -> Self::Kernel;

    /// What keeps the frozen weights of a base.
    fn store(base: &BaseModel, kernels: Kernels) -> Result<&Panels<Self>>;

    /// The numbers nearest to these, in the buffer where they are others.
    fn narrowed<'s>(wide: &'s [f32], buffer: &'s mut Vec<Self>) -> &'s [Self];

    /// These numbers as f32, in the buffer where they are none.
    fn widened<'s>(values: &'s [Self], buffer: &'s mut Vec<f32>) -> &'s [f32];

    /// Lets `work` fill `values` as f32, by way of the buffer where they are none.
    fn fill_wide(values: &mut [Self], buffer: &mut Vec<f32>, work: impl FnOnce(&mut [f32]));
}

impl Number for f32 {
    const POSITIONS_A_SHARE: usize = 384;

    fn kernel(kernels: Kernels) -> Self::Kernel {
        kernels.f32
    }

    fn store(base: &BaseModel, kernels: Kernels) -> Result<&Panels<f32>> {
        base.in_f32(kernels)
    }

    fn narrowed<'s>(wide: &'s [f32], _buffer: &'s mut Vec<f32>) -> &'s [f32] {
        wide
    }

    fn widened<'s>(values: &'s [f32], _buffer: &'s mut Vec<f32>) -> &'s [f32] {
        values
    }

    fn fill_wide(values: &mut [f32], _buffer: &mut Vec<f32>, work: impl FnOnce(&mut [f32])) {
        work(values);
    }
}

impl Number for bf16 {
    const POSITIONS_A_SHARE: usize = 768;

    fn kernel(kernels: Kernels) -> Self::Kernel {
        kernels.bf16
    }

    fn store(base: &BaseModel, kernels: Kernels) -> Result<&Panels<bf16>> {
        base.in_bf16(kernels)
    }

    fn narrowed<'s>(wide: &'s [f32], buffer: &'s mut Vec<bf16>) -> &'s [bf16] {
        fit(buffer, wide.len());
        convert(wide, buffer);
        buffer
    }

    fn widened<'s>(values: &'s [bf16], buffer: &'s mut Vec<f32>) -> &'s [f32] {
        fit(buffer, values.len());
        convert(values, buffer);
        buffer
    }

    fn fill_wide(values: &mut [bf16], buffer: &mut Vec<f32>, work: impl FnOnce(&mut [f32])) {
        fit(buffer, values.len());
        work(buffer);
        convert(buffer, values);
    }
}
