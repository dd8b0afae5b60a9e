//! An adapter in its place: rows before the source, or a low-rank share inside the network.
//!
//! Not here: what is computed with it (`evaluation`, `generation`, `autograd`). One way in for all of them, so
//! that what gradients are checked on is what answers.
//! Invariant: the base model is left as it is; LoRA goes into a copy that shares its frozen weights.

use std::borrow::Cow;

use candle_core::{Device, Result as CandleResult, Tensor};

use crate::error::WhileDoing;
use crate::network::{LowRank, ReadableNetwork};
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
        let tensors = adapter
            .layout()
            .tensors()
            .iter()
            .map(|tensor| {
                Tensor::from_slice(&adapter.values()[tensor.range()], tensor.shape.as_slice(), &Device::Cpu)
            })
            .collect::<CandleResult<Vec<_>>>()
            .while_doing("placing the adapter")?;
        Self::with_tensors(base, &adapter.kind(), &tensors)
    }

    /// The tensors of an adapter of this kind, in the order of its layout; they may be variables.
    pub(crate) fn with_tensors(base: &'m BaseModel, kind: &AdapterKind, tensors: &[Tensor]) -> Result<Self> {
        Ok(match kind {
            AdapterKind::SoftPrompt { .. } => {
                Self { base, network: Cow::Borrowed(base.readable()?), prompt: tensors.first().cloned() }
            }
            AdapterKind::Lora(settings) => {
                let mut network = base.readable()?.clone();
                let reached = network.linears_mut().filter(|linear| settings.reaches(linear.name()));
                for (linear, pair) in reached.zip(tensors.as_chunks::<2>().0) {
                    let [a, b] = pair.clone();
                    linear.adapt(LowRank { a, b, scale: settings.scale() });
                }
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
