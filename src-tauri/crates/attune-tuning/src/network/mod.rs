//! The T5 v1.1 network over frozen weights: encoder, decoder, output head.
//!
//! One sequence at a time, so there is no padding and no mask for it. Answers come from `decoding`, which
//! reads token by token for several sequences and is held to the decoder here by a test.
//! Not here: the loss and the fast way through a batch (`autograd`, `packed`), the choice of the next token
//! (`generation`).
//! Invariants: no scaling of attention scores, none of the decoder's output; the first layer's relative bias
//! serves its whole stack; gradients flow into activations and never into a weight.

mod activation;
mod adapted;
mod attention;
mod decoding;
mod dropped;
mod frozen;
mod position;
mod products;

use candle_core::{Result as CandleResult, Tensor};

use activation::gated_gelu;
pub(crate) use activation::summed_cross_entropy;
pub(crate) use adapted::{AdaptedLinear, LowRanks};
pub(crate) use attention::Attention;
use attention::KeysAndValues;
pub(crate) use decoding::{Sequence, SourceMemory};
use dropped::{StackDropout, dropped};
use frozen::FrozenLinear;
pub(crate) use frozen::FrozenRmsNorm;
use position::Direction;
pub(crate) use position::RelativeBias;

use crate::weights::Weights;
use crate::{Architecture, DropoutPlace, Result, RowDropout, Stack};

/// A T5 v1.1 with frozen weights. A clone shares them, so that an adapter can be put into one.
#[derive(Clone)]
pub(crate) struct Network {
    pub(crate) embedding: Tensor,
    pub(crate) encoder: Vec<EncoderLayer>,
    pub(crate) encoder_bias: RelativeBias,
    pub(crate) encoder_norm: FrozenRmsNorm,
    pub(crate) decoder: Vec<DecoderLayer>,
    pub(crate) decoder_bias: RelativeBias,
    pub(crate) decoder_norm: FrozenRmsNorm,
    pub(crate) head: FrozenLinear,
}

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

impl Network {
    /// Takes the tensors it needs, by the names transformers gives them.
    pub(crate) fn new(architecture: &Architecture, weights: &Weights) -> Result<Self> {
        let load = Loader { architecture, weights };
        let (width, vocabulary) = (architecture.width, architecture.vocabulary);
        let mut network = Self {
            embedding: weights.get("shared.weight", &[vocabulary, width])?,
            encoder: (0..architecture.encoder_layers)
                .map(|layer| load.encoder_layer(layer))
                .collect::<Result<_>>()?,
            encoder_bias: load.relative_bias("encoder", Direction::Both)?,
            encoder_norm: load.norm("encoder.final_layer_norm")?,
            decoder: (0..architecture.decoder_layers)
                .map(|layer| load.decoder_layer(layer))
                .collect::<Result<_>>()?,
            decoder_bias: load.relative_bias("decoder", Direction::Backward)?,
            decoder_norm: load.norm("decoder.final_layer_norm")?,
            head: FrozenLinear::new(weights.get("lm_head.weight", &[vocabulary, width])?),
        };
        network.linears_mut().enumerate().for_each(|(place, linear)| linear.put_at(place));
        Ok(network)
    }

    /// The products an adapter can add to: the encoder's layer by layer, then the decoder's.
    pub(crate) fn linears(&self) -> impl Iterator<Item = &AdaptedLinear> {
        let encoder = self
            .encoder
            .iter()
            .flat_map(|layer| layer.attention.linears().into_iter().chain(layer.feed_forward.linears()));
        let decoder = self.decoder.iter().flat_map(|layer| {
            let own = layer.attention.linears().into_iter();
            own.chain(layer.cross_attention.linears()).chain(layer.feed_forward.linears())
        });
        encoder.chain(decoder)
    }

    /// As [`Self::linears`], to change them.
    pub(crate) fn linears_mut(&mut self) -> impl Iterator<Item = &mut AdaptedLinear> {
        let encoder = self.encoder.iter_mut().flat_map(|layer| {
            layer.attention.linears_mut().into_iter().chain(layer.feed_forward.linears_mut())
        });
        let decoder = self.decoder.iter_mut().flat_map(|layer| {
            let own = layer.attention.linears_mut().into_iter();
            own.chain(layer.cross_attention.linears_mut()).chain(layer.feed_forward.linears_mut())
        });
        encoder.chain(decoder)
    }

    /// The embeddings of tokens, `[tokens, width]`.
    pub(crate) fn embed(&self, tokens: &[u32]) -> CandleResult<Tensor> {
        self.embedding.index_select(&Tensor::new(tokens, self.embedding.device())?, 0)
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

#[derive(Clone)]
pub(crate) struct EncoderLayer {
    pub(crate) attention_norm: FrozenRmsNorm,
    pub(crate) attention: Attention,
    pub(crate) feed_forward: FeedForward,
}

#[derive(Clone)]
pub(crate) struct DecoderLayer {
    pub(crate) attention_norm: FrozenRmsNorm,
    pub(crate) attention: Attention,
    pub(crate) cross_attention_norm: FrozenRmsNorm,
    pub(crate) cross_attention: Attention,
    pub(crate) feed_forward: FeedForward,
}

#[derive(Clone)]
pub(crate) struct FeedForward {
    pub(crate) norm: FrozenRmsNorm,
    pub(crate) gate: AdaptedLinear,
    pub(crate) up: AdaptedLinear,
    pub(crate) down: AdaptedLinear,
}

impl FeedForward {
    /// Its products, in the order wi_0, wi_1, wo.
    fn linears(&self) -> [&AdaptedLinear; 3] {
        [&self.gate, &self.up, &self.down]
    }

    /// As [`Self::linears`], to change them.
    fn linears_mut(&mut self) -> [&mut AdaptedLinear; 3] {
        [&mut self.gate, &mut self.up, &mut self.down]
    }

    /// The residual stream of shape `[positions, width]` with the share of the layer of this index added.
    fn add_to(&self, state: &Tensor, drop: StackDropout, layer: usize) -> CandleResult<Tensor> {
        let normed = self.norm.forward(state)?;
        let inner = gated_gelu(&self.gate.forward(&normed)?, &self.up.forward(&normed)?)?;
        let inner = dropped(inner, drop.mask(DropoutPlace::Inner(layer)))?;
        state + dropped(self.down.forward(&inner)?, drop.mask(DropoutPlace::FeedForwardOutput(layer)))?
    }
}

/// Finds a network's tensors by name and checks their shapes.
struct Loader<'a> {
    architecture: &'a Architecture,
    weights: &'a Weights,
}

impl Loader<'_> {
    fn encoder_layer(&self, layer: usize) -> Result<EncoderLayer> {
        let name = format!("encoder.block.{layer}.layer");
        Ok(EncoderLayer {
            attention_norm: self.norm(&format!("{name}.0.layer_norm"))?,
            attention: self.attention(&format!("{name}.0.SelfAttention"))?,
            feed_forward: self.feed_forward(&format!("{name}.1"))?,
        })
    }

    fn decoder_layer(&self, layer: usize) -> Result<DecoderLayer> {
        let name = format!("decoder.block.{layer}.layer");
        Ok(DecoderLayer {
            attention_norm: self.norm(&format!("{name}.0.layer_norm"))?,
            attention: self.attention(&format!("{name}.0.SelfAttention"))?,
            cross_attention_norm: self.norm(&format!("{name}.1.layer_norm"))?,
            cross_attention: self.attention(&format!("{name}.1.EncDecAttention"))?,
            feed_forward: self.feed_forward(&format!("{name}.2"))?,
        })
    }

    fn attention(&self, name: &str) -> Result<Attention> {
        let (width, inner) = (self.architecture.width, self.architecture.attention_width());
        Ok(Attention {
            query: self.linear(&format!("{name}.q"), inner, width)?,
            key: self.linear(&format!("{name}.k"), inner, width)?,
            value: self.linear(&format!("{name}.v"), inner, width)?,
            output: self.linear(&format!("{name}.o"), width, inner)?,
            heads: self.architecture.heads,
        })
    }

    fn feed_forward(&self, name: &str) -> Result<FeedForward> {
        let (width, inner) = (self.architecture.width, self.architecture.feed_forward_width);
        Ok(FeedForward {
            norm: self.norm(&format!("{name}.layer_norm"))?,
            gate: self.linear(&format!("{name}.DenseReluDense.wi_0"), inner, width)?,
            up: self.linear(&format!("{name}.DenseReluDense.wi_1"), inner, width)?,
            down: self.linear(&format!("{name}.DenseReluDense.wo"), width, inner)?,
        })
    }

    fn relative_bias(&self, stack: &str, direction: Direction) -> Result<RelativeBias> {
        let name = format!("{stack}.block.0.layer.0.SelfAttention.relative_attention_bias.weight");
        let shape = [self.architecture.position_buckets, self.architecture.heads];
        let table = self.weights.get(&name, &shape)?;
        RelativeBias::new(&table, direction, self.architecture.position_max_distance)
    }

    fn linear(&self, name: &str, outputs: usize, inputs: usize) -> Result<AdaptedLinear> {
        let weight = self.weights.get(&format!("{name}.weight"), &[outputs, inputs])?;
        Ok(AdaptedLinear::new(name, FrozenLinear::new(weight)))
    }

    fn norm(&self, name: &str) -> Result<FrozenRmsNorm> {
        let weight = self.weights.get(&format!("{name}.weight"), &[self.architecture.width])?;
        FrozenRmsNorm::new(&weight, self.architecture.norm_epsilon)
    }
}

#[cfg(test)]
mod tests;
