//! The frozen weights as answers are computed with: each in one form, those that share their input stacked into one.
//!
//! Invariant: stacks are made in the order of [`Network::linears`], which is that of an adapter's layout.

use std::ops::Range;

use half::bf16;

use super::Numbers;
use super::attention::Bias;
use crate::kernels::{Bf16Kernel, Int8Panels, Kernels, Panels, room_for};
use crate::network::{self, FrozenRmsNorm, Network, Product};
use crate::weights::Weights;
use crate::{Architecture, Result};

/// All weights in their forms.
#[derive(Debug)]
pub(super) struct Store {
    pub(super) wide: Vec<f32>,
    pub(super) narrow: Panels<bf16>,
    pub(super) int8: Int8Panels,
}

/// Weights of products that have the same input, the outputs of one after those of another.
#[derive(Debug)]
pub(super) struct Stack {
    pub(super) form: Form,
    pub(super) inputs: usize,
    pub(super) outputs: usize,
    pub(super) parts: Vec<Part>,
}

/// Where a stack lies in the store.
#[derive(Debug)]
pub(super) enum Form {
    /// Its values, `[outputs, inputs]`.
    Wide(Range<usize>),
    /// Its number.
    Narrow(usize),
    /// Its number.
    Int8(usize),
}

/// What of a stack an adapter may add to.
#[derive(Debug)]
pub(super) struct Part {
    /// The product's number in the order of the network.
    pub(super) product: usize,
    pub(super) outputs: Range<usize>,
}

#[derive(Debug)]
pub(super) struct Norm {
    pub(super) weight: Vec<f32>,
    pub(super) epsilon: f32,
}

#[derive(Debug)]
pub(super) struct SelfAttention {
    pub(super) norm: Norm,
    pub(super) queries_keys_values: Stack,
    pub(super) output: Stack,
}

#[derive(Debug)]
pub(super) struct CrossAttention {
    pub(super) norm: Norm,
    pub(super) queries: Stack,
    pub(super) keys_values: Stack,
    pub(super) output: Stack,
}

#[derive(Debug)]
pub(super) struct FeedForward {
    pub(super) norm: Norm,
    pub(super) gate_up: Stack,
    pub(super) down: Stack,
}

#[derive(Debug)]
pub(super) struct EncoderLayer {
    pub(super) attention: SelfAttention,
    pub(super) feed_forward: FeedForward,
}

#[derive(Debug)]
pub(super) struct DecoderLayer {
    pub(super) attention: SelfAttention,
    pub(super) cross_attention: CrossAttention,
    pub(super) feed_forward: FeedForward,
}

/// Everything that is packed of a network.
#[derive(Debug)]
pub(super) struct PackedLayers {
    pub(super) store: Store,
    pub(super) encoder: Vec<EncoderLayer>,
    pub(super) encoder_norm: Norm,
    pub(super) decoder: Vec<DecoderLayer>,
    pub(super) decoder_norm: Norm,
    pub(super) decoder_bias: Bias,
    pub(super) head: Stack,
}

impl PackedLayers {
    /// Goes over the file once, product by product.
    pub(super) fn read(
        network: &Network<Product>,
        architecture: &Architecture,
        weights: &Weights,
        numbers: Numbers,
    ) -> Result<Self> {
        let mut packing = Packing::new(network, weights, numbers);
        let encoder = network.encoder.iter().map(|layer| {
            Ok(EncoderLayer {
                attention: packing.attention(&layer.attention_norm, &layer.attention)?,
                feed_forward: packing.feed_forward(&layer.feed_forward)?,
            })
        });
        let encoder = encoder.collect::<Result<_>>()?;
        let decoder = network.decoder.iter().map(|layer| {
            let attention = packing.attention(&layer.attention_norm, &layer.attention)?;
            let cross = &layer.cross_attention;
            let cross_attention = CrossAttention {
                norm: norm(&layer.cross_attention_norm),
                queries: packing.stack(&[&cross.query])?,
                keys_values: packing.stack(&[&cross.key, &cross.value])?,
                output: packing.stack(&[&cross.output])?,
            };
            let feed_forward = packing.feed_forward(&layer.feed_forward)?;
            Ok(DecoderLayer { attention, cross_attention, feed_forward })
        });
        let decoder = decoder.collect::<Result<_>>()?;
        let head = packing.stack(&[&network.head])?;
        let farthest = architecture.position_max_distance;
        let by_distance = network.decoder_bias.by_distance(farthest + 1);
        let of_head = by_distance.chunks_exact(2 * farthest + 1);
        Ok(Self {
            store: packing.store,
            encoder,
            encoder_norm: norm(&network.encoder_norm),
            decoder,
            decoder_norm: norm(&network.decoder_norm),
            decoder_bias: Bias {
                by_distance: of_head.flat_map(|distances| distances[..=farthest].to_vec()).collect(),
                farthest,
            },
            head,
        })
    }
}

struct Packing<'w> {
    weights: &'w Weights,
    store: Store,
    numbers: Numbers,
    kernel: Bf16Kernel,
    /// The values of a stack.
    values: Vec<f32>,
}

impl<'w> Packing<'w> {
    /// With room for everything, so that nothing is moved.
    fn new(network: &Network<Product>, weights: &'w Weights, numbers: Numbers) -> Self {
        let shapes = || network.products().map(Product::shape);
        let of = |wanted: Numbers| shapes().filter(move |_| numbers == wanted);
        let store = Store {
            wide: room_for(of(Numbers::F32).map(|[outputs, inputs]| outputs * inputs).sum()),
            narrow: Panels::with_room_for(of(Numbers::Bf16)),
            int8: Int8Panels::with_room_for(of(Numbers::Int8)),
        };
        Self { weights, store, numbers, kernel: Kernels::best().bf16, values: Vec::new() }
    }

    fn attention(
        &mut self,
        before: &FrozenRmsNorm,
        attention: &network::Attention<Product>,
    ) -> Result<SelfAttention> {
        Ok(SelfAttention {
            norm: norm(before),
            queries_keys_values: self.stack(&[&attention.query, &attention.key, &attention.value])?,
            output: self.stack(&[&attention.output])?,
        })
    }

    fn feed_forward(&mut self, part: &network::FeedForward<Product>) -> Result<FeedForward> {
        Ok(FeedForward {
            norm: norm(&part.norm),
            gate_up: self.stack(&[&part.gate, &part.up])?,
            down: self.stack(&[&part.down])?,
        })
    }

    fn stack(&mut self, products: &[&Product]) -> Result<Stack> {
        let Self { weights, store, numbers, kernel, values } = self;
        values.clear();
        let (mut inputs, mut outputs, mut parts) = (0, 0, Vec::new());
        for product in products {
            product.read_after(weights, values)?;
            parts.push(Part { product: product.number, outputs: outputs..outputs + product.outputs });
            (inputs, outputs) = (product.inputs, outputs + product.outputs);
        }
        let Store { wide, narrow, int8 } = store;
        let form = match numbers {
            Numbers::Bf16 => Form::Narrow(narrow.push(*kernel, values, inputs)),
            Numbers::Int8 if inputs <= Int8Panels::MOST_INPUTS => Form::Int8(int8.push(values, inputs)),
            Numbers::F32 | Numbers::Int8 => {
                wide.extend_from_slice(values);
                Form::Wide(wide.len() - values.len()..wide.len())
            }
        };
        Ok(Stack { form, inputs, outputs, parts })
    }
}

fn norm(norm: &FrozenRmsNorm) -> Norm {
    Norm { weight: norm.weight().to_vec(), epsilon: norm.epsilon() }
}
