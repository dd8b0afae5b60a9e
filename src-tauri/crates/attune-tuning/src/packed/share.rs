//! One share of a batch: its rows packed, through encoder, decoder and head, and back.
//!
//! Invariant: everything is filled before it is read, so that a workspace may have computed any share before.

use super::attention::{Attention, AttentionTape, Bias, Memory, Seen, Slopes};
use super::dropping::Dropping;
use super::feed_forward::FeedForwardTape;
use super::head::{HeadScratch, summed_cross_entropy};
use super::linear::LinearScratch;
use super::norm::NormTape;
use super::number::Number;
use super::rows::Rows;
use super::scratch::{Scratch, fit};
use super::weights::PlacedWeights;
use crate::kernels::Kernels;
use crate::vectors::add;
use crate::{DropoutPlace, RowDropout, Stack};

/// What a core computes its shares with; its memory is kept from step to step.
#[derive(Debug)]
pub(super) struct Workspace<V: Number> {
    encoder_rows: Rows,
    decoder_rows: Rows,
    /// The residual stream on the way up, its slope on the way down, `[positions, width]`.
    state: Vec<f32>,
    encoder: Vec<EncoderTape<V>>,
    encoder_norm: NormTape<V>,
    decoder: Vec<DecoderTape<V>>,
    decoder_norm: NormTape<V>,
    /// The tokens the share's decoder should produce.
    targets: Vec<u32>,
    /// By the normed end of a stack.
    normed_slope: Vec<f32>,
    /// By the encoder's output.
    memory_slope: Vec<f32>,
    head: HeadScratch<V>,
    scratch: Scratch<V>,
}

#[derive(Debug, Default)]
struct EncoderTape<V> {
    attention: AttentionTape<V>,
    feed_forward: FeedForwardTape<V>,
}

#[derive(Debug, Default)]
struct DecoderTape<V> {
    attention: AttentionTape<V>,
    cross_attention: AttentionTape<V>,
    feed_forward: FeedForwardTape<V>,
}

/// The biases of both stacks, see [`Bias::by_distance`].
pub(super) struct Biases {
    pub(super) encoder: Vec<f32>,
    pub(super) decoder: Vec<f32>,
    /// The longest row of each stack that they serve.
    pub(super) longest: [usize; 2],
}

impl Biases {
    fn encoder(&self) -> Bias<'_> {
        Bias { by_distance: &self.encoder, longest: self.longest[0], causal: false }
    }

    fn decoder(&self) -> Bias<'_> {
        Bias { by_distance: &self.decoder, longest: self.longest[1], causal: true }
    }
}

impl<V: Number> Workspace<V> {
    pub(super) fn new(kernels: Kernels) -> Self {
        Self {
            encoder_rows: Rows::default(),
            decoder_rows: Rows::default(),
            state: Vec::new(),
            encoder: Vec::new(),
            encoder_norm: NormTape::default(),
            decoder: Vec::new(),
            decoder_norm: NormTape::default(),
            targets: Vec::new(),
            normed_slope: Vec::new(),
            memory_slope: Vec::new(),
            head: HeadScratch::default(),
            scratch: Scratch::new(kernels),
        }
    }

    /// The summed cross-entropy of the rows (source, target) in nats; where `gradient` is given, the gradient of
    /// that sum is written over it. `dropout` has a value for each row, or none.
    pub(super) fn compute(
        &mut self,
        weights: &PlacedWeights<'_, V>,
        biases: &Biases,
        rows: &[(&[u32], &[u32])],
        dropout: &[RowDropout],
        gradient: Option<&mut [f32]>,
    ) -> f64 {
        let in_encoder = Dropping { rows: dropout, stack: Stack::Encoder };
        let in_decoder = Dropping { rows: dropout, stack: Stack::Decoder };
        let prompt_rows = weights.prompt.len() / weights.width;
        self.encoder_rows.refill(rows.iter().map(|(source, _)| prompt_rows + source.len()));
        self.decoder_rows.refill(rows.iter().map(|(_, target)| target.len()));
        self.encode(weights, biases, rows, in_encoder);
        self.decode(weights, biases, rows, in_decoder);

        self.targets.clear();
        self.targets.extend(rows.iter().flat_map(|(_, target)| *target));
        let states = &self.decoder_norm.output;
        fit(&mut self.normed_slope, states.len());
        let slope = gradient.is_some().then_some(&mut self.normed_slope[..]);
        let products = &mut self.scratch.linear.products;
        let loss =
            summed_cross_entropy(&weights.head, states, &self.targets, slope, products, &mut self.head);
        if let Some(gradient) = gradient {
            gradient.fill(0.0);
            self.decode_backward(weights, in_decoder, gradient);
            if weights.encoder_depends {
                self.encode_backward(weights, in_encoder, gradient);
            }
        }
        loss
    }

    pub(super) fn linear_scratch(&self) -> &LinearScratch<V> {
        &self.scratch.linear
    }

    /// The cross-entropy in nats of each target token of the rows that were computed last, one row after the other.
    pub(super) fn token_losses(&self) -> &[f32] {
        self.head.losses()
    }

    /// Leaves the encoder's output in its last norm's tape.
    fn encode(
        &mut self,
        weights: &PlacedWeights<'_, V>,
        biases: &Biases,
        rows: &[(&[u32], &[u32])],
        dropping: Dropping<'_>,
    ) {
        let Self { encoder_rows, state, encoder, encoder_norm, scratch, .. } = self;
        state.clear();
        for (source, _) in rows {
            state.extend_from_slice(weights.prompt);
            embed(weights, source, state);
        }
        dropping.apply(DropoutPlace::Input, encoder_rows, state);
        encoder.resize_with(weights.encoder.len(), EncoderTape::default);
        for (layer, tape) in weights.encoder.iter().zip(encoder) {
            let (seen, attention) = (Seen::OwnRow(biases.encoder()), &mut tape.attention);
            layer.attention.forward(state, encoder_rows, seen, dropping, attention, scratch);
            layer.feed_forward.forward(state, encoder_rows, dropping, &mut tape.feed_forward, scratch);
        }
        weights.encoder_norm.forward(state, encoder_norm);
        dropping.apply(DropoutPlace::Output, encoder_rows, &mut encoder_norm.output);
    }

    /// Leaves what the head reads in the decoder's last norm's tape.
    fn decode(
        &mut self,
        weights: &PlacedWeights<'_, V>,
        biases: &Biases,
        rows: &[(&[u32], &[u32])],
        dropping: Dropping<'_>,
    ) {
        let Self { encoder_rows, decoder_rows, state, encoder_norm, decoder, decoder_norm, scratch, .. } =
            self;
        state.clear();
        for (_, target) in rows {
            // The decoder reads the target shifted right by its start token.
            embed(weights, &[weights.decoder_start], state);
            embed(weights, &target[..target.len() - 1], state);
        }
        dropping.apply(DropoutPlace::Input, decoder_rows, state);
        decoder.resize_with(weights.decoder.len(), DecoderTape::default);
        let memory = Memory { states: &encoder_norm.output, rows: encoder_rows };
        for (layer, tape) in weights.decoder.iter().zip(decoder) {
            let attentions = [
                (&layer.attention, Seen::OwnRow(biases.decoder()), &mut tape.attention),
                (&layer.cross_attention, Seen::Memory(memory), &mut tape.cross_attention),
            ];
            for (attention, seen, tape) in attentions {
                attention.forward(state, decoder_rows, seen, dropping, tape, scratch);
            }
            layer.feed_forward.forward(state, decoder_rows, dropping, &mut tape.feed_forward, scratch);
        }
        weights.decoder_norm.forward(state, decoder_norm);
        dropping.apply(DropoutPlace::Output, decoder_rows, &mut decoder_norm.output);
    }

    /// From the slope by the head's input to that by the encoder's output.
    fn decode_backward(
        &mut self,
        weights: &PlacedWeights<'_, V>,
        dropping: Dropping<'_>,
        gradient: &mut [f32],
    ) {
        let Self { encoder_rows, decoder_rows, state, encoder_norm, decoder, decoder_norm, .. } = self;
        let (memory_slope, scratch) = (&mut self.memory_slope, &mut self.scratch);
        state.fill(0.0);
        dropping.apply(DropoutPlace::Output, decoder_rows, &mut self.normed_slope);
        weights.decoder_norm.backward(decoder_norm, &mut self.normed_slope, state);
        memory_slope.clear();
        memory_slope.resize(encoder_norm.output.len(), 0.0);
        let memory = Memory { states: &encoder_norm.output, rows: encoder_rows };
        for (layer, tape) in weights.decoder.iter().zip(decoder).rev() {
            if layer.feed_forward.output_depends() {
                let tape = &tape.feed_forward;
                layer.feed_forward.backward(state, decoder_rows, dropping, tape, gradient, scratch);
            }
            let attentions: [(&Attention<'_, V>, _, _, Option<&mut [f32]>); 2] = [
                (&layer.cross_attention, &tape.cross_attention, Some(memory), Some(memory_slope)),
                (&layer.attention, &tape.attention, None, None),
            ];
            for (attention, tape, memory, memory_slope) in attentions {
                if attention.output_depends() {
                    let slopes = Slopes { state, memory: memory_slope, adapter: gradient };
                    attention.backward(slopes, decoder_rows, memory, dropping, tape, scratch);
                }
            }
        }
    }

    /// From the slope by the encoder's output to the adapter.
    fn encode_backward(
        &mut self,
        weights: &PlacedWeights<'_, V>,
        dropping: Dropping<'_>,
        gradient: &mut [f32],
    ) {
        let Self { encoder_rows, state, encoder, encoder_norm, memory_slope, scratch, .. } = self;
        state.clear();
        state.resize(memory_slope.len(), 0.0);
        dropping.apply(DropoutPlace::Output, encoder_rows, memory_slope);
        weights.encoder_norm.backward(encoder_norm, memory_slope, state);
        for (layer, tape) in weights.encoder.iter().zip(encoder).rev() {
            if layer.feed_forward.output_depends() {
                let tape = &tape.feed_forward;
                layer.feed_forward.backward(state, encoder_rows, dropping, tape, gradient, scratch);
            }
            if layer.attention.output_depends() {
                let slopes = Slopes { state, memory: None, adapter: gradient };
                let tape = &tape.attention;
                layer.attention.backward(slopes, encoder_rows, None, dropping, tape, scratch);
            }
        }
        if !weights.prompt.is_empty() {
            dropping.apply(DropoutPlace::Input, encoder_rows, state);
            for row in encoder_rows.iter() {
                add(gradient, &state[row.start * weights.width..]);
            }
        }
    }
}

fn embed<V: Number>(weights: &PlacedWeights<'_, V>, tokens: &[u32], state: &mut Vec<f32>) {
    for token in tokens {
        // They were fetched with the batch.
        state.extend_from_slice(weights.embedding.row(*token).unwrap_or_default());
    }
}
