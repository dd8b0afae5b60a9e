//! One more token of each of some sequences, on one thread.

use super::attention::attend;
use super::memory::Sequence;
use super::products::{Adapted, Company, Products};
use super::weights::{DecoderLayer, FeedForward, Norm};
use super::{AnswerNetwork, Workspace};
use crate::Result;
use crate::kernels::Previous;
use crate::vectors::{GatedGelu, Kernel, inverse_root, sum_of_products, vectorised};

impl AnswerNetwork {
    /// Reads a token of each sequence; what may follow it is written over `logits` of `[sequences, vocabulary]`.
    pub(super) fn step(
        &self,
        tokens: &[u32],
        sequences: &mut [&mut Sequence],
        logits: &mut [f32],
        state: &mut Vec<f32>,
        workspace: &mut Workspace,
    ) -> Result<()> {
        state.clear();
        self.embed(tokens, state)?;
        workspace.adapted.set(sequences.iter().map(|sequence| sequence.source.adapter.as_ref()));
        for (number, layer) in self.packed.decoder.iter().enumerate() {
            self.decoder_layer(layer, number, sequences, state, workspace);
        }
        let Workspace { products, adapted, normed, .. } = workspace;
        self.packed.decoder_norm.forward(state, normed);
        let (rows, head) = ((&normed[..], Company::Changing), &self.packed.head);
        products.forward(&self.packed.store, head, rows, adapted, logits, Previous::Replaced);
        sequences.iter_mut().for_each(|sequence| sequence.tokens += 1);
        Ok(())
    }

    fn decoder_layer(
        &self,
        layer: &DecoderLayer,
        number: usize,
        sequences: &mut [&mut Sequence],
        state: &mut [f32],
        workspace: &mut Workspace,
    ) {
        let Workspace { products, adapted, normed, wide, taken, scores } = workspace;
        let (store, inner, heads) = (&self.packed.store, self.inner, self.heads);
        taken.resize(sequences.len() * inner, 0.0);

        let attention = &layer.attention;
        attention.norm.forward(state, normed);
        wide.resize(sequences.len() * 3 * inner, 0.0);
        let rows = (&normed[..], Company::Changing);
        products.forward(store, &attention.queries_keys_values, rows, adapted, wide, Previous::Replaced);
        let rows = wide.chunks_exact(3 * inner).zip(taken.chunks_exact_mut(inner));
        for (sequence, (projected, taken)) in sequences.iter_mut().zip(rows) {
            let (query, keys_values) = projected.split_at(inner);
            let (keys, values) = keys_values.split_at(inner);
            sequence.layers.push(number, keys, values);
            let bias = Some(&self.packed.decoder_bias);
            attend(query, &sequence.layers, number, heads, bias, scores, taken);
        }
        let rows = (&taken[..], Company::Changing);
        products.forward(store, &attention.output, rows, adapted, state, Previous::AddedTo);

        let attention = &layer.cross_attention;
        attention.norm.forward(state, normed);
        wide.resize(sequences.len() * inner, 0.0);
        let rows = (&normed[..], Company::Changing);
        products.forward(store, &attention.queries, rows, adapted, wide, Previous::Replaced);
        let rows = wide.chunks_exact(inner).zip(taken.chunks_exact_mut(inner));
        for (sequence, (query, taken)) in sequences.iter().zip(rows) {
            attend(query, &sequence.source.layers, number, heads, None, scores, taken);
        }
        let rows = (&taken[..], Company::Changing);
        products.forward(store, &attention.output, rows, adapted, state, Previous::AddedTo);
        let buffers = [normed, wide, taken];
        self.feed_forward(&layer.feed_forward, Company::Changing, state, products, adapted, buffers);
    }

    /// Adds the part's share to the state. Of the buffers anything may remain.
    pub(super) fn feed_forward(
        &self,
        part: &FeedForward,
        company: Company,
        state: &mut [f32],
        products: &mut Products,
        adapted: &Adapted,
        [normed, gate_up, inner]: [&mut Vec<f32>; 3],
    ) {
        let (rows, store) = (state.len() / self.width, &self.packed.store);
        let width = part.down.inputs;
        part.norm.forward(state, normed);
        gate_up.resize(rows * 2 * width, 0.0);
        inner.resize(rows * width, 0.0);
        let input = (&normed[..], company);
        products.forward(store, &part.gate_up, input, adapted, gate_up, Previous::Replaced);
        for (both, inner) in gate_up.chunks_exact(2 * width).zip(inner.chunks_exact_mut(width)) {
            let (gate, up) = both.split_at(width);
            vectorised(GatedGelu { gate, up, inner });
        }
        products.forward(store, &part.down, (inner, company), adapted, state, Previous::AddedTo);
    }
}

impl Norm {
    /// `s · w · x` with `s = (mean x² + ε)^-½`, row by row.
    pub(super) fn forward(&self, rows: &[f32], normed: &mut Vec<f32>) {
        normed.resize(rows.len(), 0.0);
        vectorised(NormRows { norm: self, rows, normed });
    }
}

struct NormRows<'a> {
    norm: &'a Norm,
    rows: &'a [f32],
    normed: &'a mut [f32],
}

impl Kernel for NormRows<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Norm { weight, epsilon } = self.norm;
        let width = weight.len();
        for (row, normed) in self.rows.chunks_exact(width).zip(self.normed.chunks_exact_mut(width)) {
            let mean_square = sum_of_products(row, row) / width as f32;
            let scale = inverse_root(mean_square, *epsilon);
            for ((normed, value), weight) in normed.iter_mut().zip(row).zip(weight) {
                *normed = value * (scale * weight);
            }
        }
    }
}
