//! The network and an adapter as the packed pass sees them: slices of the frozen weights, nothing copied.
//!
//! Here it is also decided how far down a gradient is needed: the first places that depend on the adapter are the
//! last ones of the way back.
//! Invariant: adapted products are met in the order of [`Network::linears`], which is that of the adapter's layout.

use std::ops::{Deref, Range};

use candle_core::{CpuStorage, Storage, Tensor};

use super::attention::Attention;
use super::feed_forward::FeedForward;
use super::head::Head;
use super::linear::{Linear, LowRank};
use super::norm::Norm;
use super::number::Number;
use crate::error::WhileDoing;
use crate::network::{self, AdaptedLinear, FrozenRmsNorm, Network};
use crate::{AdapterKind, AdapterTensor, BaseModel, DropoutPlace, LoraSettings, Result};

/// The values of a frozen tensor, contiguous. While it lives, nobody can change them.
pub(crate) struct FrozenValues<'w> {
    /// candle's lock, held for reading; the type of its guard has no name here.
    storage: Box<dyn Deref<Target = Storage> + Sync + 'w>,
    range: Range<usize>,
}

impl<'w> FrozenValues<'w> {
    pub(crate) fn new(tensor: &'w Tensor) -> Result<Self> {
        let (storage, layout) = tensor.storage_and_layout();
        let range = match (&*storage, layout.contiguous_offsets()) {
            (Storage::Cpu(CpuStorage::F32(values)), Some((start, end))) if end <= values.len() => start..end,
            _ => {
                let error =
                    candle_core::Error::Msg("a weight is not a contiguous f32 tensor in memory".into());
                return Err(error).while_doing("reading the base model's weights");
            }
        };
        Ok(Self { storage: Box::new(storage), range })
    }

    pub(crate) fn values(&self) -> &[f32] {
        match &**self.storage {
            Storage::Cpu(CpuStorage::F32(values)) => &values[self.range.clone()],
            // Refused when it was made.
            _ => &[],
        }
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
    /// `[vocabulary, width]`.
    pub(super) embedding: FrozenValues<'w>,
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
    ) -> Result<Self> {
        let network: &Network = base.network();
        let (lora, prompt) = match kind {
            None => (None, &adapter[..0]),
            Some(AdapterKind::SoftPrompt { .. }) => (None, adapter),
            Some(AdapterKind::Lora(settings)) => (Some(settings), &adapter[..0]),
        };
        let pairs = tensors.as_chunks().0.iter();
        let mut place = Placing::<V> { store, met: 0, lora, pairs, adapter, depends: !prompt.is_empty() };
        let encoder = network.encoder.iter().enumerate().map(|(number, layer)| {
            Ok(EncoderLayer {
                attention: place.attention(&layer.attention_norm, &layer.attention, number, None)?,
                feed_forward: place.feed_forward(&layer.feed_forward, number)?,
            })
        });
        let encoder = encoder.collect::<Result<_>>()?;
        // The decoder begins anew, from the embeddings of its tokens.
        let encoder_depends = std::mem::take(&mut place.depends);
        let decoder = network.decoder.iter().enumerate().map(|(number, layer)| {
            Ok(DecoderLayer {
                attention: place.attention(&layer.attention_norm, &layer.attention, number, None)?,
                cross_attention: place.attention(
                    &layer.cross_attention_norm,
                    &layer.cross_attention,
                    number,
                    Some(encoder_depends),
                )?,
                feed_forward: place.feed_forward(&layer.feed_forward, number)?,
            })
        });
        let decoder = decoder.collect::<Result<_>>()?;
        let head = network.head.weight();
        Ok(Self {
            width: base.architecture().width,
            decoder_start: base.architecture().decoder_start,
            prompt,
            embedding: FrozenValues::new(&network.embedding)?,
            encoder,
            encoder_norm: norm(&network.encoder_norm),
            encoder_depends,
            decoder,
            decoder_norm: norm(&network.decoder_norm),
            head: Head {
                weight: V::weight(store, place.met, head)?,
                values: FrozenValues::new(head)?,
                width: base.architecture().width,
            },
        })
    }
}

/// Walks the network in the order of the adapter's layout.
struct Placing<'w, 'p, V: Number> {
    store: &'w V::Store,
    /// How many products were placed so far.
    met: usize,
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
        attention: &'w network::Attention,
        layer: usize,
        memory_depends: Option<bool>,
    ) -> Result<Attention<'w, V>> {
        let (dropped_weights, dropped_output) = match memory_depends {
            None => (DropoutPlace::SelfWeights(layer), DropoutPlace::SelfOutput(layer)),
            Some(_) => (DropoutPlace::CrossWeights(layer), DropoutPlace::CrossOutput(layer)),
        };
        let placed = Attention {
            norm: norm(before),
            query: self.linear(&attention.query)?,
            key: self.linear(&attention.key)?,
            value: self.linear(&attention.value)?,
            output: self.linear(&attention.output)?,
            heads: attention.heads,
            dropped_weights,
            dropped_output,
            input_depends: self.depends,
            seen_depends: memory_depends.unwrap_or(self.depends),
        };
        self.depends = placed.output_depends();
        Ok(placed)
    }

    fn feed_forward(&mut self, part: &'w network::FeedForward, layer: usize) -> Result<FeedForward<'w, V>> {
        let placed = FeedForward {
            norm: norm(&part.norm),
            gate: self.linear(&part.gate)?,
            up: self.linear(&part.up)?,
            down: self.linear(&part.down)?,
            layer,
            input_depends: self.depends,
        };
        self.depends = placed.output_depends();
        Ok(placed)
    }

    fn linear(&mut self, linear: &'w AdaptedLinear) -> Result<Linear<'w, V>> {
        let reached = self.lora.filter(|settings| settings.reaches(linear.name()));
        let low_rank = reached.and_then(|settings| {
            let [a, b] = self.pairs.next()?;
            let (a, b, scale) = (a.range(), b.range(), settings.scale() as f32);
            Some(LowRank { adapter: self.adapter, a, b, rank: settings.rank, scale })
        });
        let (outputs, inputs) = (linear.shape()[0], linear.shape()[1]);
        let weight = V::weight(self.store, self.met, linear.weight())?;
        self.met += 1;
        Ok(Linear { weight, outputs, inputs, low_rank })
    }
}

fn norm(norm: &FrozenRmsNorm) -> Norm<'_> {
    Norm { weight: norm.weight(), epsilon: norm.epsilon() }
}
