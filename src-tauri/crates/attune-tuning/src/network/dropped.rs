//! Dropout inside the network: a tensor times its mask, forward and backward.
//!
//! Not here: what the masks are (`dropout`). Without dropout the tensor is handed on as it is, so that no bit changes.

use candle_core::{CpuStorage, CustomOp1, Layout, Result as CandleResult, Shape, Tensor};

use super::frozen::values;
use crate::{DropoutMask, DropoutPlace, RowDropout, Stack};

/// The dropout of a row in one stack, or none.
#[derive(Clone, Copy)]
pub(super) struct StackDropout {
    row: Option<RowDropout>,
    stack: Stack,
}

impl StackDropout {
    pub(super) fn new(row: Option<RowDropout>, stack: Stack) -> Self {
        Self { row, stack }
    }

    pub(super) fn mask(self, place: DropoutPlace) -> Option<DropoutMask> {
        self.row.map(|row| row.mask(self.stack, place))
    }
}

/// `tensor` times its mask, if there is one.
pub(super) fn dropped(tensor: Tensor, mask: Option<DropoutMask>) -> CandleResult<Tensor> {
    match mask {
        Some(mask) => tensor.contiguous()?.apply_op1(Dropped(mask)),
        None => Ok(tensor),
    }
}

struct Dropped(DropoutMask);

impl Dropped {
    fn apply(&self, values: &mut [f32], shape: &Shape) {
        let width = shape.dims().last().copied().unwrap_or(1);
        for (line, values) in values.chunks_exact_mut(width).enumerate() {
            self.0.apply(line, values);
        }
    }
}

impl CustomOp1 for Dropped {
    fn name(&self) -> &'static str {
        "dropout"
    }

    fn cpu_fwd(&self, input: &CpuStorage, layout: &Layout) -> CandleResult<(CpuStorage, Shape)> {
        let mut output = values(input, layout)?.to_vec();
        self.apply(&mut output, layout.shape());
        Ok((CpuStorage::F32(output), layout.shape().clone()))
    }

    fn bwd(&self, input: &Tensor, _output: &Tensor, gradient: &Tensor) -> CandleResult<Option<Tensor>> {
        let mut result = gradient.flatten_all()?.to_vec1::<f32>()?;
        self.apply(&mut result, input.shape());
        Tensor::from_vec(result, input.shape(), input.device()).map(Some)
    }
}
