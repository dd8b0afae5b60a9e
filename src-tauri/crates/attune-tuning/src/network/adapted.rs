//! A frozen product that a LoRA adapter may add to.
//!
//! Not here: which products an adapter reaches and where its values come from (`lora`).
//! Invariant: the frozen share is computed by `frozen` whether or not something is added, so it never gets a
//! gradient; the added share is candle's own arithmetic and carries gradients to A, B and the input.

use std::sync::Arc;

use candle_core::{Result as CandleResult, Tensor};

use super::frozen::FrozenLinear;

/// What LoRA adds to one product: `scale · x · Aᵀ · Bᵀ`.
///
/// Source: Hu et al. 2021, "LoRA: Low-Rank Adaptation of Large Language Models".
#[derive(Clone)]
pub(crate) struct LowRank {
    /// A, `[rank, inputs]`.
    pub(crate) a: Tensor,
    /// B, `[outputs, rank]`.
    pub(crate) b: Tensor,
    /// Alpha by rank.
    pub(crate) scale: f64,
}

/// `x · Wᵀ` for a frozen `W`, with or without a low-rank share.
#[derive(Clone)]
pub(crate) struct AdaptedLinear {
    name: Arc<str>,
    frozen: FrozenLinear,
    low_rank: Option<LowRank>,
}

impl AdaptedLinear {
    /// The frozen product of the module of this name.
    pub(super) fn new(name: Arc<str>, frozen: FrozenLinear) -> Self {
        Self { name, frozen, low_rank: None }
    }

    /// The module's name in transformers, such as `encoder.block.0.layer.0.SelfAttention.q`.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// The frozen share's, `[outputs, inputs]`.
    #[cfg(test)]
    pub(crate) fn weight(&self) -> &Tensor {
        self.frozen.weight()
    }

    pub(crate) fn adapt(&mut self, low_rank: LowRank) {
        self.low_rank = Some(low_rank);
    }

    /// `[rows, inputs]` to `[rows, outputs]`.
    pub(super) fn forward(&self, input: &Tensor) -> CandleResult<Tensor> {
        let frozen = self.frozen.forward(input)?;
        let Some(LowRank { a, b, scale }) = &self.low_rank else { return Ok(frozen) };
        let added = input.contiguous()?.matmul(&a.t()?)?.matmul(&b.t()?)?;
        frozen + (added * *scale)?
    }
}
