//! The encoder's reading of a prompt, and what the decoder's cross-attention keeps of it.
//!
//! A soft prompt's rows are read with every source anew: the encoder looks in both directions, so from its first
//! attention on they depend on what follows them, and what does not (one norm and three products) is a hundredth of
//! the work.

use super::memory::{Layers, SourceMemory};
use super::products::{Company, Products};
use super::weights::EncoderLayer;
use super::{AnswerNetwork, Workspace};
use crate::kernels::{Matrix, MatrixMut, Previous};
use crate::vectors::{Kernel, exponentials, largest, vectorised};
use crate::{ReadyAdapter, Result};

/// Queries whose scores are in memory together.
const QUERIES: usize = 256;

impl AnswerNetwork {
    pub(super) fn read(
        &self,
        adapter: Option<&ReadyAdapter>,
        tokens: &[u32],
        workspace: &mut Workspace,
    ) -> Result<SourceMemory> {
        let mut state = adapter.map_or(&[][..], ReadyAdapter::prompt).to_vec();
        self.embed(tokens, &mut state)?;
        let positions = state.len() / self.width;
        let bias = self.encoder_bias.by_distance(positions);
        let adapter = adapter.filter(|adapter| adapter.is_low_rank());
        workspace.adapted.set(std::iter::repeat_n(adapter, positions));
        for layer in &self.packed.encoder {
            self.encoder_layer(layer, &mut state, &bias, workspace);
        }
        let Workspace { products, adapted, normed, wide, .. } = workspace;
        self.packed.encoder_norm.forward(&state, normed);
        let mut layers = Layers::new(self.is_wide, self.packed.decoder.len(), positions, self.inner);
        wide.resize(positions * 2 * self.inner, 0.0);
        for (number, layer) in self.packed.decoder.iter().enumerate() {
            let rows = (&normed[..], Company::Fixed);
            let stack = &layer.cross_attention.keys_values;
            products.forward(&self.packed.store, stack, rows, adapted, wide, Previous::Replaced);
            layers.fill(number, wide, self.inner);
        }
        Ok(SourceMemory { layers, adapter: adapter.cloned(), width: self.inner })
    }

    fn encoder_layer(
        &self,
        layer: &EncoderLayer,
        state: &mut [f32],
        bias: &[f32],
        workspace: &mut Workspace,
    ) {
        let positions = state.len() / self.width;
        let Workspace { products, adapted, normed, wide, taken, scores } = workspace;
        let store = &self.packed.store;
        let attention = &layer.attention;
        attention.norm.forward(state, normed);
        wide.resize(positions * 3 * self.inner, 0.0);
        let rows = (&normed[..], Company::Fixed);
        products.forward(store, &attention.queries_keys_values, rows, adapted, wide, Previous::Replaced);
        taken.resize(positions * self.inner, 0.0);
        self.attend_in_both_directions(wide, bias, products, scores, taken);
        let rows = (&taken[..], Company::Fixed);
        products.forward(store, &attention.output, rows, adapted, state, Previous::AddedTo);
        self.feed_forward(
            &layer.feed_forward,
            Company::Fixed,
            state,
            products,
            adapted,
            [normed, wide, taken],
        );
    }

    /// Of queries, keys and values side by side, `[positions, 3 · inner]`.
    fn attend_in_both_directions(
        &self,
        projected: &[f32],
        bias: &[f32],
        products: &mut Products,
        scores: &mut Vec<f32>,
        taken: &mut [f32],
    ) {
        let projected = Matrix::new(projected, 3 * self.inner);
        let positions = taken.len() / self.inner;
        let head_width = self.inner / self.heads;
        for head in 0..self.heads {
            let [queries, keys, values] = [0, 1, 2].map(|part| {
                let first = part * self.inner + head * head_width;
                projected.columns(first..first + head_width)
            });
            let bias = &bias[head * (2 * positions - 1)..][..2 * positions - 1];
            for first in (0..positions).step_by(QUERIES) {
                let count = QUERIES.min(positions - first);
                scores.resize(count * positions, 0.0);
                let some = queries.rows(first..first + count);
                let into = MatrixMut::new(&mut scores[..], positions);
                products.multiply(into, Previous::Replaced, some, keys.transposed());
                vectorised(Shares { scores, bias, first, positions });
                let into = &mut taken[first * self.inner..(first + count) * self.inner];
                let into = MatrixMut::new(into, self.inner);
                let into = into.columns(head * head_width..(head + 1) * head_width);
                products.multiply(into, Previous::Replaced, Matrix::new(scores, positions), values);
            }
        }
    }
}

/// Makes scores with their bias shares that add up to one, query by query.
struct Shares<'a> {
    /// `[queries, positions]`.
    scores: &'a mut [f32],
    /// By distance, see [`crate::network::RelativeBias::by_distance`].
    bias: &'a [f32],
    /// The first query's position.
    first: usize,
    positions: usize,
}

impl Kernel for Shares<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        for (query, scores) in self.scores.chunks_exact_mut(self.positions).enumerate() {
            let bias = &self.bias[self.positions - 1 - self.first - query..][..self.positions];
            for (score, bias) in scores.iter_mut().zip(bias) {
                *score += bias;
            }
            let shift = largest(scores);
            let share = 1.0 / exponentials(scores, shift);
            for score in scores {
                *score *= share;
            }
        }
    }
}
