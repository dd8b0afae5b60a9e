//! The network and an adapter as the packed pass sees them: parts of what keeps the frozen weights, nothing copied.
//!
//! Here it is also decided how far down a gradient is needed: the first places that depend on the adapter are the
//! last ones of the way back.
//! Invariant: adapted products are met in the order of [`Network::linears`], which is that of the adapter's layout.

use std::ops::Range;

use super::attention::Attention;
use super::feed_forward::FeedForward;
use super::head::Head;
use super::linear::{Linear, LowRank};
use super::norm::Norm;
use super::number::Number;
use crate::network::{self, Embedding, FrozenRmsNorm, Product};
use crate::weights::Weights;
use crate::{AdapterKind, AdapterTensor, BaseModel, DropoutPlace, LoraSettings, Result};

/// Frozen products row by row, one after the other in one piece of memory.
#[derive(Debug)]
pub(crate) struct PlainProducts {
    values: Vec<f32>,
    /// Of each, in the order of the network.
    places: Vec<Range<usize>>,
}

impl PlainProducts {
    pub(crate) fn read<'p>(
        products: impl Iterator<Item = &'p Product> + Clone,
        weights: &Weights,
    ) -> Result<Self> {
        let mut values =
            Vec::with_capacity(products.clone().map(|product| product.outputs * product.inputs).sum());
        let mut places = Vec::new();
        for product in products {
            let start = values.len();
            product.read_after(weights, &mut values)?;
            places.push(start..values.len());
        }
        Ok(Self { values, places })
    }

    /// `[outputs, inputs]`, of the product of this number.
    pub(super) fn rows(&self, number: usize) -> &[f32] {
        &self.values[self.places[number].clone()]
    }
}

/// An encoder layer.
pub(super) struct EncoderLayer<'w, V: Number> {
    pub(super) attention: Attention<'w, V>,
    pub(super) feed_forward: FeedForward<'w, V>,
}

/// A decoder layer.
pub(super) struct DecoderLayer<'w, V: Number> {
    pub(super) attention: Attention<'w, V>,
    pub(super) cross_attention: Attention<'w, V>,
    pub(super) feed_forward: FeedForward<'w, V>,
}

/// Everything a share is computed with.
pub(super) struct PlacedWeights<'w, V: Number> {
    pub(super) width: usize,
    pub(super) decoder_start: u32,
    /// `[rows, width]` before each source; empty without a soft prompt.
    pub(super) prompt: &'w [f32],
    pub(super) embedding: &'w Embedding,
    pub(super) encoder: Vec<EncoderLayer<'w, V>>,
    pub(super) encoder_norm: Norm<'w>,
    /// Whether the encoder's output depends on the adapter.
    pub(super) encoder_depends: bool,
    pub(super) decoder: Vec<DecoderLayer<'w, V>>,
    pub(super) decoder_norm: Norm<'w>,
    pub(super) head: Head<'w, V>,
}

impl<'w, V: Number> PlacedWeights<'w, V> {
    /// The base model, whose weights were made into this store, with the values of an adapter of this kind, or with none.
    pub(super) fn new(
        base: &'w BaseModel,
        store: &'w V::Store,
        kind: Option<&AdapterKind>,
        tensors: &[AdapterTensor],
        adapter: &'w [f32],
    ) -> Self {
        let network = base.network();
        let (lora, prompt) = match kind {
            None => (None, &adapter[..0]),
            Some(AdapterKind::SoftPrompt { .. }) => (None, adapter),
            Some(AdapterKind::Lora(settings)) => (Some(settings), &adapter[..0]),
        };
        let pairs = tensors.as_chunks().0.iter();
        let mut place = Placing::<V> { store, lora, pairs, adapter, depends: !prompt.is_empty() };
        let encoder = network.encoder.iter().enumerate().map(|(number, layer)| EncoderLayer {
            attention: place.attention(&layer.attention_norm, &layer.attention, number, None),
            feed_forward: place.feed_forward(&layer.feed_forward, number),
        });
        let encoder = encoder.collect();
        // The decoder begins anew, from the embeddings of its tokens.
        let encoder_depends = std::mem::take(&mut place.depends);
        let decoder = network.decoder.iter().enumerate().map(|(number, layer)| DecoderLayer {
            attention: place.attention(&layer.attention_norm, &layer.attention, number, None),
            cross_attention: place.attention(
                &layer.cross_attention_norm,
                &layer.cross_attention,
                number,
                Some(encoder_depends),
            ),
            feed_forward: place.feed_forward(&layer.feed_forward, number),
        });
        let decoder = decoder.collect();
        Self {
            width: base.architecture().width,
            decoder_start: base.architecture().decoder_start,
            prompt,
            embedding: &network.embedding,
            encoder,
            encoder_norm: norm(&network.encoder_norm),
            encoder_depends,
            decoder,
            decoder_norm: norm(&network.decoder_norm),
            head: Head {
                weight: V::weight(store, &network.head),
                vocabulary: network.head.outputs,
                width: network.head.inputs,
            },
        }
    }
}

/// Walks the network in the order of the adapter's layout.
struct Placing<'w, 'p, V: Number> {
    store: &'w V::Store,
    lora: Option<&'p LoraSettings>,
    /// A and B of the adapted products that are still to come.
    pairs: std::slice::Iter<'p, [AdapterTensor; 2]>,
    adapter: &'w [f32],
    /// Whether the residual stream depends on the adapter so far.
    depends: bool,
}

impl<'w, V: Number> Placing<'w, '_, V> {
    fn attention(
        &mut self,
        before: &'w FrozenRmsNorm,
        attention: &network::Attention<Product>,
        layer: usize,
        memory_depends: Option<bool>,
    ) -> Attention<'w, V> {
        let (dropped_weights, dropped_output) = match memory_depends {
            None => (DropoutPlace::SelfWeights(layer), DropoutPlace::SelfOutput(layer)),
            Some(_) => (DropoutPlace::CrossWeights(layer), DropoutPlace::CrossOutput(layer)),
        };
        let placed = Attention {
            norm: norm(before),
            query: self.linear(&attention.query),
            key: self.linear(&attention.key),
            value: self.linear(&attention.value),
            output: self.linear(&attention.output),
            heads: attention.heads,
            dropped_weights,
            dropped_output,
            input_depends: self.depends,
            seen_depends: memory_depends.unwrap_or(self.depends),
        };
        self.depends = placed.output_depends();
        placed
    }

    fn feed_forward(&mut self, part: &'w network::FeedForward<Product>, layer: usize) -> FeedForward<'w, V> {
        let placed = FeedForward {
            norm: norm(&part.norm),
            gate: self.linear(&part.gate),
            up: self.linear(&part.up),
            down: self.linear(&part.down),
            layer,
            input_depends: self.depends,
        };
        self.depends = placed.output_depends();
        placed
    }

    fn linear(&mut self, product: &Product) -> Linear<'w, V> {
        let reached = self.lora.filter(|settings| settings.reaches(&product.name));
        let low_rank = reached.and_then(|settings| {
            let [a, b] = self.pairs.next()?;
            let (a, b, scale) = (a.range(), b.range(), settings.scale() as f32);
            Some(LowRank { adapter: self.adapter, a, b, rank: settings.rank, scale })
        });
        let (outputs, inputs) = (product.outputs, product.inputs);
        Linear { weight: V::weight(self.store, product), outputs, inputs, low_rank }
    }
}

fn norm(norm: &FrozenRmsNorm) -> Norm<'_> {
    Norm { weight: norm.weight(), epsilon: norm.epsilon() }
}
