//! Operations over frozen weights: they carry a backward pass for their input and none for the weight.
//!
//! candle's own matmul makes the gradient of both operands, its own scaling likewise; over frozen weights that
//! is a third of the work and one useless tensor each. candle-nn's fused norm has no backward at all.

use candle_core::backend::BackendStorage;
use candle_core::{CpuStorage, CustomOp1, Layout, Result as CandleResult, Shape, Storage, Tensor, bail};

use crate::vectors::inverse_root;

/// `x · Wᵀ` for a frozen `W` of shape `[outputs, inputs]`.
#[derive(Clone)]
pub(crate) struct FrozenLinear {
    weight: Tensor,
}

impl FrozenLinear {
    pub(super) fn new(weight: Tensor) -> Self {
        Self { weight }
    }

    /// Of shape `[outputs, inputs]`, contiguous.
    #[cfg(test)]
    pub(super) fn weight(&self) -> &Tensor {
        &self.weight
    }

    /// `[rows, inputs]` to `[rows, outputs]`.
    pub(super) fn forward(&self, input: &Tensor) -> CandleResult<Tensor> {
        input.contiguous()?.apply_op1(self.clone())
    }
}

impl CustomOp1 for FrozenLinear {
    fn name(&self) -> &'static str {
        "frozen-linear"
    }

    fn cpu_fwd(&self, input: &CpuStorage, layout: &Layout) -> CandleResult<(CpuStorage, Shape)> {
        let (rows, inputs) = layout.shape().dims2()?;
        let transposed = self.weight.t()?;
        let outputs = transposed.dim(1)?;
        let (storage, weight_layout) = transposed.storage_and_layout();
        let Storage::Cpu(weight) = &*storage else { bail!("frozen-linear: the weight is not on the CPU") };
        let product = input.matmul(weight, (1, rows, outputs, inputs), layout, weight_layout)?;
        Ok((product, (rows, outputs).into()))
    }

    fn bwd(&self, _input: &Tensor, _output: &Tensor, gradient: &Tensor) -> CandleResult<Option<Tensor>> {
        Ok(Some(gradient.contiguous()?.matmul(&self.weight)?))
    }
}

/// Root-mean-square normalisation with a frozen weight: no mean is subtracted, no bias added.
///
/// Source: Zhang, Sennrich 2019, "Root Mean Square Layer Normalization".
#[derive(Debug, Clone)]
pub(crate) struct FrozenRmsNorm {
    weight: Vec<f32>,
    epsilon: f32,
}

impl FrozenRmsNorm {
    pub(super) fn new(weight: Vec<f32>, epsilon: f32) -> Self {
        Self { weight, epsilon }
    }

    /// `[rows, width]` to the same shape.
    pub(super) fn forward(&self, input: &Tensor) -> CandleResult<Tensor> {
        input.contiguous()?.apply_op1(self.clone())
    }

    /// `[width]`.
    pub(crate) fn weight(&self) -> &[f32] {
        &self.weight
    }

    /// What is added to the mean square before its root is taken.
    pub(crate) fn epsilon(&self) -> f32 {
        self.epsilon
    }

    fn inverse_root_mean_square(&self, row: &[f32]) -> f32 {
        let mean_square = row.iter().map(|value| value * value).sum::<f32>() / row.len() as f32;
        inverse_root(mean_square, self.epsilon)
    }
}

impl CustomOp1 for FrozenRmsNorm {
    fn name(&self) -> &'static str {
        "frozen-rms-norm"
    }

    fn cpu_fwd(&self, input: &CpuStorage, layout: &Layout) -> CandleResult<(CpuStorage, Shape)> {
        let mut output = values(input, layout)?.to_vec();
        for row in output.chunks_exact_mut(self.weight.len()) {
            let scale = self.inverse_root_mean_square(row);
            for (value, weight) in row.iter_mut().zip(&self.weight) {
                *value *= scale * weight;
            }
        }
        Ok((CpuStorage::F32(output), layout.shape().clone()))
    }

    fn bwd(&self, input: &Tensor, _output: &Tensor, gradient: &Tensor) -> CandleResult<Option<Tensor>> {
        let inputs = input.flatten_all()?.to_vec1::<f32>()?;
        let mut result = gradient.flatten_all()?.to_vec1::<f32>()?;
        let width = self.weight.len();
        for (row, upstream) in inputs.chunks_exact(width).zip(result.chunks_exact_mut(width)) {
            // y = s·w·x with s = (mean x² + ε)^-½, so dx = s·(w·g) - x·s³·mean(w·g·x).
            let scale = self.inverse_root_mean_square(row);
            let mut along = 0.0;
            for ((slope, weight), value) in upstream.iter_mut().zip(&self.weight).zip(row) {
                *slope *= weight;
                along += *slope * value;
            }
            let pull = scale * scale * scale * along / width as f32;
            for (slope, value) in upstream.iter_mut().zip(row) {
                *slope = scale * *slope - pull * value;
            }
        }
        Tensor::from_vec(result, input.shape(), input.device()).map(Some)
    }
}

/// The values of a contiguous tensor on the CPU.
pub(super) fn values<'s>(storage: &'s CpuStorage, layout: &Layout) -> CandleResult<&'s [f32]> {
    match layout.contiguous_offsets() {
        Some((start, end)) => Ok(&storage.as_slice::<f32>()?[start..end]),
        None => bail!("an operation over frozen weights was given a tensor with strides"),
    }
}
