//! The T5 v1.1 network over frozen weights: encoder, decoder, output head.
//!
//! One sequence at a time, so there is no padding and no mask for it. Answers come from `answer_network`, which
//! reads token by token for many sequences and is held to the decoder here by tests.
//! Not here: the loss and the fast way through a batch (`autograd`, `packed`), the choice of the next token
//! (`generation`).
//! Invariants: no scaling of attention scores, none of the decoder's output; the first layer's relative bias
//! serves its whole stack; gradients flow into activations and never into a weight.

mod activation;
mod adapted;
mod attention;
mod dropped;
mod frozen;
mod position;
mod structure;

use std::sync::Arc;

use candle_core::{Device, Result as CandleResult, Tensor};

use activation::gated_gelu;
pub(crate) use activation::summed_cross_entropy;
pub(crate) use adapted::{AdaptedLinear, LowRank};
use attention::KeysAndValues;
use dropped::{StackDropout, dropped};
use frozen::FrozenLinear;
pub(crate) use frozen::FrozenRmsNorm;
pub(crate) use position::RelativeBias;
pub(crate) use structure::{Attention, Embedding, FeedForward, Network, Product};

use crate::error::WhileDoing;
use crate::weights::Weights;
use crate::{DropoutPlace, Result, RowDropout, Stack};

/// The network over candle's tensors. A clone shares them, so that an adapter can be put into one.
pub(crate) type ReadableNetwork = Network<AdaptedLinear>;

/// The encoder's answer to a source, prepared for every decoder layer's cross-attention.
#[derive(Clone)]
pub(crate) struct Encoded {
    layers: Vec<KeysAndValues>,
}

/// Keys and values of the tokens a decoder has read so far, layer by layer.
#[derive(Default)]
pub(crate) struct DecoderMemory {
    tokens: usize,
    layers: Vec<KeysAndValues>,
}

impl ReadableNetwork {
    /// Reads the products into tensors.
    pub(crate) fn new(network: &Network<Product>, weights: &Weights) -> Result<Self> {
        network.hold(|product| {
            let values = product.read(weights)?;
            let weight = Tensor::from_vec(values, &product.shape(), &Device::Cpu)
                .while_doing("placing the base model's weights")?;
            Ok(AdaptedLinear::new(Arc::clone(&product.name), FrozenLinear::new(weight)))
        })
    }

    /// The embeddings of tokens, `[tokens, width]`.
    pub(crate) fn embed(&self, tokens: &[u32]) -> CandleResult<Tensor> {
        let rows = self.embedding.rows(tokens).map_err(candle_core::Error::wrap)?;
        let width = rows.len() / tokens.len().max(1);
        Tensor::from_vec(rows, (tokens.len(), width), &Device::Cpu)
    }

    /// The encoder's output for input embeddings of shape `[positions, width]`, of the same shape. Dropout is for
    /// training alone.
    pub(crate) fn encode(&self, embeddings: &Tensor, dropout: Option<RowDropout>) -> CandleResult<Tensor> {
        let drop = StackDropout::new(dropout, Stack::Encoder);
        let positions = embeddings.dim(0)?;
        let bias = self.encoder_bias.scores(0..positions, positions)?;
        let mut state = dropped(embeddings.clone(), drop.mask(DropoutPlace::Input))?;
        for (index, layer) in self.encoder.iter().enumerate() {
            let normed = layer.attention_norm.forward(&state)?;
            let seen = layer.attention.keys_and_values(&normed)?;
            let mask = drop.mask(DropoutPlace::SelfWeights(index));
            let taken = layer.attention.attend(&normed, &seen, Some(&bias), mask)?;
            state = (state + dropped(taken, drop.mask(DropoutPlace::SelfOutput(index)))?)?;
            state = layer.feed_forward.add_to(&state, drop, index)?;
        }
        dropped(self.encoder_norm.forward(&state)?, drop.mask(DropoutPlace::Output))
    }

    /// Prepares an encoder output of shape `[positions, width]` for [`Self::decode`].
    pub(crate) fn prepare(&self, encoder_output: &Tensor) -> CandleResult<Encoded> {
        let layers = self
            .decoder
            .iter()
            .map(|layer| layer.cross_attention.keys_and_values(encoder_output))
            .collect::<CandleResult<_>>()?;
        Ok(Encoded { layers })
    }

    /// Reads `tokens` after those in `memory`, which then holds them too; logits of shape
    /// `[tokens, vocabulary]` for what follows each of them. Dropout is for training alone, which reads all tokens at
    /// once: its masks count positions from the first of `tokens`.
    pub(crate) fn decode(
        &self,
        tokens: &[u32],
        encoded: &Encoded,
        memory: &mut DecoderMemory,
        dropout: Option<RowDropout>,
    ) -> CandleResult<Tensor> {
        let drop = StackDropout::new(dropout, Stack::Decoder);
        let (first, end) = (memory.tokens, memory.tokens + tokens.len());
        let bias = self.decoder_bias.scores(first..end, end)?;
        let mut state = dropped(self.embed(tokens)?, drop.mask(DropoutPlace::Input))?;
        let mut remembered = Vec::with_capacity(self.decoder.len());
        for (index, (layer, source)) in self.decoder.iter().zip(&encoded.layers).enumerate() {
            let normed = layer.attention_norm.forward(&state)?;
            let seen = layer.attention.keys_and_values(&normed)?.after(memory.layers.get(index))?;
            let mask = drop.mask(DropoutPlace::SelfWeights(index));
            let taken = layer.attention.attend(&normed, &seen, Some(&bias), mask)?;
            state = (state + dropped(taken, drop.mask(DropoutPlace::SelfOutput(index)))?)?;
            remembered.push(seen);

            let normed = layer.cross_attention_norm.forward(&state)?;
            let mask = drop.mask(DropoutPlace::CrossWeights(index));
            let taken = layer.cross_attention.attend(&normed, source, None, mask)?;
            state = (state + dropped(taken, drop.mask(DropoutPlace::CrossOutput(index)))?)?;
            state = layer.feed_forward.add_to(&state, drop, index)?;
        }
        *memory = DecoderMemory { tokens: end, layers: remembered };
        let output = dropped(self.decoder_norm.forward(&state)?, drop.mask(DropoutPlace::Output))?;
        self.head.forward(&output)
    }
}

impl FeedForward<AdaptedLinear> {
    /// The residual stream of shape `[positions, width]` with the share of the layer of this index added.
    fn add_to(&self, state: &Tensor, drop: StackDropout, layer: usize) -> CandleResult<Tensor> {
        let normed = self.norm.forward(state)?;
        let inner = gated_gelu(&self.gate.forward(&normed)?, &self.up.forward(&normed)?)?;
        let inner = dropped(inner, drop.mask(DropoutPlace::Inner(layer)))?;
        state + dropped(self.down.forward(&inner)?, drop.mask(DropoutPlace::FeedForwardOutput(layer)))?
    }
}

#[cfg(test)]
mod tests;
