//! Softmax, gated GELU and cross-entropy, each with its backward pass.
//!
//! Written out because candle-nn's fused softmax has no backward: it gives a right loss and a wrong gradient
//! without an error. Each takes its maximum out before it exponentiates, so large scores do not overflow.

use candle_core::{CpuStorage, CustomOp1, CustomOp2, Layout, Result as CandleResult, Shape, Tensor, bail};

use super::frozen::values;

/// Softmax over the last dimension of `[heads, queries, keys]` scores, after a frozen bias of the same shape
/// was added. A bias of minus infinity forbids a key.
pub(super) fn biased_softmax(scores: &Tensor, bias: Option<&Tensor>) -> CandleResult<Tensor> {
    if let Some(bias) = bias.filter(|bias| bias.dims() != scores.dims()) {
        bail!("biased-softmax: scores {:?}, bias {:?}", scores.dims(), bias.dims());
    }
    let bias = bias.map(|bias| bias.flatten_all()?.to_vec1()).transpose()?;
    scores.contiguous()?.apply_op1(BiasedSoftmax { bias })
}

/// `gelu(gate) * up`, element by element, with the tanh approximation (`gelu_new`).
///
/// Source: Hendrycks, Gimpel 2016, "Gaussian Error Linear Units"; Shazeer 2020, "GLU Variants Improve
/// Transformer".
pub(super) fn gated_gelu(gate: &Tensor, up: &Tensor) -> CandleResult<Tensor> {
    gate.contiguous()?.apply_op2(&up.contiguous()?, GatedGelu)
}

/// The cross-entropy of `[tokens, vocabulary]` logits with the tokens that should come, summed, in nats.
pub(crate) fn summed_cross_entropy(logits: &Tensor, targets: &[u32]) -> CandleResult<Tensor> {
    logits.contiguous()?.apply_op1(SummedCrossEntropy { targets: targets.to_vec() })
}

struct BiasedSoftmax {
    bias: Option<Vec<f32>>,
}

impl CustomOp1 for BiasedSoftmax {
    fn name(&self) -> &'static str {
        "biased-softmax"
    }

    fn cpu_fwd(&self, scores: &CpuStorage, layout: &Layout) -> CandleResult<(CpuStorage, Shape)> {
        let mut weights = values(scores, layout)?.to_vec();
        if let Some(bias) = &self.bias {
            weights.iter_mut().zip(bias).for_each(|(score, bias)| *score += bias);
        }
        for row in weights.chunks_exact_mut(last_dimension(layout.shape())) {
            let largest = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
            let mut sum = 0.0;
            for weight in row.iter_mut() {
                *weight = (*weight - largest).exp();
                sum += *weight;
            }
            row.iter_mut().for_each(|weight| *weight /= sum);
        }
        Ok((CpuStorage::F32(weights), layout.shape().clone()))
    }

    fn bwd(&self, _scores: &Tensor, weights: &Tensor, gradient: &Tensor) -> CandleResult<Option<Tensor>> {
        let width = last_dimension(weights.shape());
        let weight_values = weights.flatten_all()?.to_vec1::<f32>()?;
        let mut result = gradient.flatten_all()?.to_vec1::<f32>()?;
        for (row, upstream) in weight_values.chunks_exact(width).zip(result.chunks_exact_mut(width)) {
            let mean: f32 = row.iter().zip(&*upstream).map(|(weight, slope)| weight * slope).sum();
            upstream.iter_mut().zip(row).for_each(|(slope, weight)| *slope = (*slope - mean) * weight);
        }
        Tensor::from_vec(result, weights.shape(), weights.device()).map(Some)
    }
}

struct GatedGelu;

/// √(2/π) and the cubic share of the tanh approximation.
const TANH_SCALE: f32 = 0.797_884_6;
const TANH_CUBE: f32 = 0.044_715;

/// GELU and its slope at a value.
fn gelu_and_slope(value: f32) -> (f32, f32) {
    let square = value * value;
    let tanh = (TANH_SCALE * value * (1.0 + TANH_CUBE * square)).tanh();
    let inner_slope = TANH_SCALE * (1.0 + 3.0 * TANH_CUBE * square);
    let slope = 0.5 * (1.0 + tanh) + 0.5 * value * (1.0 - tanh * tanh) * inner_slope;
    (0.5 * value * (1.0 + tanh), slope)
}

impl CustomOp2 for GatedGelu {
    fn name(&self) -> &'static str {
        "gated-gelu"
    }

    fn cpu_fwd(
        &self,
        gate: &CpuStorage,
        gate_layout: &Layout,
        up: &CpuStorage,
        up_layout: &Layout,
    ) -> CandleResult<(CpuStorage, Shape)> {
        let (gate, up) = (values(gate, gate_layout)?, values(up, up_layout)?);
        let product = gate.iter().zip(up).map(|(&gate, up)| gelu_and_slope(gate).0 * up).collect();
        Ok((CpuStorage::F32(product), gate_layout.shape().clone()))
    }

    fn bwd(
        &self,
        gate: &Tensor,
        up: &Tensor,
        _product: &Tensor,
        gradient: &Tensor,
    ) -> CandleResult<(Option<Tensor>, Option<Tensor>)> {
        let mut gate_values = gate.flatten_all()?.to_vec1::<f32>()?;
        let mut up_values = up.flatten_all()?.to_vec1::<f32>()?;
        let upstream = gradient.flatten_all()?.to_vec1::<f32>()?;
        for ((gate, up), upstream) in gate_values.iter_mut().zip(&mut up_values).zip(upstream) {
            let (activated, slope) = gelu_and_slope(*gate);
            *gate = upstream * *up * slope;
            *up = upstream * activated;
        }
        let gate_gradient = Tensor::from_vec(gate_values, gate.shape(), gate.device())?;
        let up_gradient = Tensor::from_vec(up_values, up.shape(), up.device())?;
        Ok((Some(gate_gradient), Some(up_gradient)))
    }
}

struct SummedCrossEntropy {
    targets: Vec<u32>,
}

impl CustomOp1 for SummedCrossEntropy {
    fn name(&self) -> &'static str {
        "summed-cross-entropy"
    }

    fn cpu_fwd(&self, logits: &CpuStorage, layout: &Layout) -> CandleResult<(CpuStorage, Shape)> {
        let (tokens, vocabulary) = layout.shape().dims2()?;
        if tokens != self.targets.len() {
            bail!("summed-cross-entropy: {tokens} rows of logits for {} targets", self.targets.len());
        }
        let mut sum = 0.0_f64;
        for (row, &target) in values(logits, layout)?.chunks_exact(vocabulary).zip(&self.targets) {
            let Some(logit) = row.get(target as usize) else {
                bail!("summed-cross-entropy: target {target} of {vocabulary}");
            };
            sum += log_sum_exp(row) - f64::from(*logit);
        }
        Ok((CpuStorage::F32(vec![sum as f32]), ().into()))
    }

    fn bwd(&self, logits: &Tensor, _sum: &Tensor, gradient: &Tensor) -> CandleResult<Option<Tensor>> {
        let upstream = gradient.to_scalar::<f32>()?;
        let mut result = logits.flatten_all()?.to_vec1::<f32>()?;
        let vocabulary = last_dimension(logits.shape());
        for (row, &target) in result.chunks_exact_mut(vocabulary).zip(&self.targets) {
            let log_sum = log_sum_exp(row) as f32;
            row.iter_mut().for_each(|logit| *logit = upstream * (*logit - log_sum).exp());
            row[target as usize] -= upstream;
        }
        Tensor::from_vec(result, logits.shape(), logits.device()).map(Some)
    }
}

fn log_sum_exp(row: &[f32]) -> f64 {
    let largest = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let sum: f64 = row.iter().map(|logit| f64::from((logit - largest).exp())).sum();
    f64::from(largest) + sum.ln()
}

fn last_dimension(shape: &Shape) -> usize {
    shape.dims().last().copied().unwrap_or(1)
}
