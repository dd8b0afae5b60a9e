//! An adapter in its place: rows before the source, or a low-rank share inside the network.
//!
//! Not here: what is computed with it (`evaluation`, `autograd`), and adapters that answer (`ready`), of which several
//! are at work at once.
//! Invariant: the base model is left as it is; LoRA goes into a copy that shares its frozen weights.

use std::borrow::Cow;

use candle_core::{Result as CandleResult, Tensor};

use crate::error::WhileDoing;
use crate::network::{LowRanks, ReadableNetwork};
use crate::ready::tensors;
use crate::{Adapter, AdapterKind, BaseModel, Result};

/// A base model together with an adapter, or with none.
pub(crate) struct Placed<'m> {
    base: &'m BaseModel,
    network: Cow<'m, ReadableNetwork>,
    prompt: Option<Tensor>,
}

impl<'m> Placed<'m> {
    /// An adapter as constants.
    ///
    /// # Errors
    /// If the adapter was made for another base model.
    pub(crate) fn new(base: &'m BaseModel, adapter: Option<&Adapter>) -> Result<Self> {
        let Some(adapter) = adapter else {
            return Ok(Self { base, network: Cow::Borrowed(base.readable()?), prompt: None });
        };
        adapter.refuse_other_base(base)?;
        let tensors = tensors(adapter).while_doing("placing the adapter")?;
        Self::with_tensors(base, &adapter.kind(), &tensors)
    }

    /// The tensors of an adapter of this kind, in the order of its layout; they may be variables.
    pub(crate) fn with_tensors(base: &'m BaseModel, kind: &AdapterKind, tensors: &[Tensor]) -> Result<Self> {
        Ok(match kind {
            AdapterKind::SoftPrompt { .. } => {
                Self { base, network: Cow::Borrowed(base.readable()?), prompt: tensors.first().cloned() }
            }
            AdapterKind::Lora(settings) => {
                let low_ranks = LowRanks::new(base.network(), settings, tensors);
                let network = low_ranks.placed_in(base.readable()?);
                Self { base, network: Cow::Owned(network), prompt: None }
            }
        })
    }

    pub(crate) fn base(&self) -> &'m BaseModel {
        self.base
    }

    /// The network to compute with.
    pub(crate) fn network(&self) -> &ReadableNetwork {
        &self.network
    }

    /// What the encoder reads, `[rows + tokens, width]`: the soft prompt's rows, then the source's embeddings.
    pub(crate) fn encoder_input(&self, source: &[u32]) -> CandleResult<Tensor> {
        let embeddings = self.network.embed(source)?;
        match &self.prompt {
            Some(prompt) => Tensor::cat(&[prompt, &embeddings], 0),
            None => Ok(embeddings),
        }
    }
}
