//! Attention of packed rows: each row's queries over the same row's keys, head by head, both ways.
//!
//! Not here: the positions' bias (`network`'s `position` selects it) and which gradients are needed (`weights`).
//! Invariant: scores are not scaled; a row sees nothing of another.

use super::dropping::Dropping;
use super::linear::{Linear, LinearTape};
use super::norm::{Norm, NormTape};
use super::products::{Matrix, MatrixMut, Previous, multiply};
use super::rows::Rows;
use super::scratch::Scratch;
use crate::DropoutPlace;
use crate::vectors::{Kernel, add, exponentials, largest, sum_of_products, vectorised};

/// A norm, an attention, and what they add to the residual stream.
pub(super) struct Attention<'w> {
    pub(super) norm: Norm<'w>,
    pub(super) query: Linear<'w>,
    pub(super) key: Linear<'w>,
    pub(super) value: Linear<'w>,
    pub(super) output: Linear<'w>,
    pub(super) heads: usize,
    /// Where its weights and what it adds are dropped.
    pub(super) dropped_weights: DropoutPlace,
    pub(super) dropped_output: DropoutPlace,
    /// Whether the residual stream before it depends on the adapter.
    pub(super) input_depends: bool,
    /// Whether what is attended to depends on the adapter; for self-attention the same as `input_depends`.
    pub(super) seen_depends: bool,
}

/// What the way back needs.
#[derive(Debug, Default)]
pub(super) struct AttentionTape {
    norm: NormTape,
    queries: Projection,
    keys: Projection,
    values: Projection,
    /// For each row and head `[queries, keys]`, one after the other.
    weights: Vec<f32>,
    /// What each position takes from the values, `[positions, heads · head_width]`.
    joined: Vec<f32>,
    output: LinearTape,
}

#[derive(Debug, Default)]
struct Projection {
    /// `[positions, heads · head_width]`.
    values: Vec<f32>,
    tape: LinearTape,
}

impl Projection {
    fn fill(&mut self, linear: &Linear<'_>, x: &[f32]) {
        self.values.resize(x.len() / linear.inputs * linear.outputs, 0.0);
        linear.forward(x, &mut self.tape, &mut self.values, Previous::Replaced);
    }
}

/// The bias of relative positions, added to the scores of self-attention.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bias<'b> {
    /// For each head, the bias for key − query from `1 − longest` to `longest − 1`.
    pub(super) by_distance: &'b [f32],
    pub(super) longest: usize,
    /// Whether a query sees only itself and what is before it.
    pub(super) causal: bool,
}

/// What is attended to across the two stacks: the encoder's output and its rows.
#[derive(Debug, Clone, Copy)]
pub(super) struct Memory<'s> {
    /// `[positions, width]`.
    pub(super) states: &'s [f32],
    pub(super) rows: &'s Rows,
}

/// What positions look at.
#[derive(Debug, Clone, Copy)]
pub(super) enum Seen<'s> {
    /// Their own row, with this bias.
    OwnRow(Bias<'s>),
    /// The other stack's.
    Memory(Memory<'s>),
}

/// The slopes that [`Attention::backward`] passes down.
pub(super) struct Slopes<'s> {
    /// By the residual stream: after the attention when it comes in, before it when it goes out.
    pub(super) state: &'s mut [f32],
    /// By the encoder's output, added to; none for self-attention.
    pub(super) memory: Option<&'s mut [f32]>,
    /// By the adapter, added to.
    pub(super) adapter: &'s mut [f32],
}

impl Attention<'_> {
    pub(super) fn is_adapted(&self) -> bool {
        [&self.query, &self.key, &self.value, &self.output].into_iter().any(Linear::is_adapted)
    }

    /// Whether the residual stream after it depends on the adapter.
    pub(super) fn output_depends(&self) -> bool {
        self.input_depends || self.seen_depends || self.is_adapted()
    }

    /// Adds to the residual stream `state` of `[positions, width]` what each position takes from what it sees.
    pub(super) fn forward(
        &self,
        state: &mut [f32],
        rows: &Rows,
        seen: Seen<'_>,
        dropping: Dropping<'_>,
        tape: &mut AttentionTape,
        scratch: &mut Scratch,
    ) {
        self.norm.forward(state, &mut tape.norm);
        let normed = &tape.norm.output;
        let (seen, seen_rows, bias) = match seen {
            Seen::OwnRow(bias) => (&normed[..], rows, Some(bias)),
            Seen::Memory(memory) => (memory.states, memory.rows, None),
        };
        tape.queries.fill(&self.query, normed);
        tape.keys.fill(&self.key, seen);
        tape.values.fill(&self.value, seen);
        tape.joined.resize(tape.queries.values.len(), 0.0);
        let sizes = rows.iter().zip(seen_rows.iter()).map(|(row, seen)| row.len() * seen.len());
        tape.weights.resize(self.heads * sizes.sum::<usize>(), 0.0);

        let (joined_width, head_width) = (self.output.inputs, self.output.inputs / self.heads);
        let mut weights = &mut tape.weights[..];
        for (number, (row, seen)) in rows.iter().zip(seen_rows.iter()).enumerate() {
            let places = row.start * joined_width..row.end * joined_width;
            let seen_places = seen.start * joined_width..seen.end * joined_width;
            let queries = Matrix::new(&tape.queries.values[places.clone()], joined_width);
            let keys = Matrix::new(&tape.keys.values[seen_places.clone()], joined_width);
            let values = Matrix::new(&tape.values.values[seen_places], joined_width);
            for head in 0..self.heads {
                let columns = head * head_width..(head + 1) * head_width;
                let scores;
                (scores, weights) = weights.split_at_mut(row.len() * seen.len());
                multiply(
                    MatrixMut::new(scores, seen.len()),
                    Previous::Replaced,
                    1.0,
                    queries.columns(columns.clone()),
                    keys.columns(columns.clone()).transposed(),
                );
                vectorised(BiasedSoftmax { scores, keys: seen.len(), bias, head });
                let at = [number, head];
                let weights = self.dropped(scores, dropping, at, seen.len(), &mut scratch.weights);
                multiply(
                    MatrixMut::new(&mut tape.joined[places.clone()], joined_width).columns(columns.clone()),
                    Previous::Replaced,
                    1.0,
                    Matrix::new(weights, seen.len()),
                    values.columns(columns),
                );
            }
        }
        if !dropping.is_on() {
            self.output.forward(&tape.joined, &mut tape.output, state, Previous::AddedTo);
            return;
        }
        let added = &mut scratch.added;
        added.resize(state.len(), 0.0);
        self.output.forward(&tape.joined, &mut tape.output, added, Previous::Replaced);
        dropping.apply(self.dropped_output, rows, added);
        add(state, added);
    }

    /// The weights of a row and head after dropout, in `buffer` where there is any.
    fn dropped<'s>(
        &self,
        weights: &'s [f32],
        dropping: Dropping<'_>,
        at: [usize; 2],
        keys: usize,
        buffer: &'s mut Vec<f32>,
    ) -> &'s [f32] {
        if !dropping.is_on() {
            return weights;
        }
        buffer.clear();
        buffer.extend_from_slice(weights);
        dropping.apply_to_weights(self.dropped_weights, at, keys, buffer);
        buffer
    }

    /// The way back of [`Self::forward`], as far as something depends on the adapter.
    pub(super) fn backward(
        &self,
        slopes: Slopes<'_>,
        rows: &Rows,
        memory: Option<Memory<'_>>,
        dropping: Dropping<'_>,
        tape: &AttentionTape,
        scratch: &mut Scratch,
    ) {
        let Slopes { state, memory: memory_slope, adapter } = slopes;
        let Scratch { joined, queries, keys, values, scores, weights, normed, low, added, .. } = scratch;
        let wanted = Wanted {
            queries: self.input_depends || self.query.is_adapted(),
            keys: self.seen_depends || self.key.is_adapted(),
            values: self.seen_depends || self.value.is_adapted(),
        };
        joined.resize(tape.joined.len(), 0.0);
        let into_joined = wanted.any().then_some((&mut joined[..], Previous::Replaced));
        let mut slope = &*state;
        if dropping.is_on() {
            added.clear();
            added.extend_from_slice(state);
            dropping.apply(self.dropped_output, rows, added);
            slope = added;
        }
        self.output.backward(&tape.joined, &tape.output, slope, into_joined, adapter, low);

        queries.resize(tape.queries.values.len(), 0.0);
        keys.resize(tape.keys.values.len(), 0.0);
        values.resize(tape.values.values.len(), 0.0);
        let seen_rows = memory.map_or(rows, |memory| memory.rows);
        let core = CoreSlopes { joined, queries, keys, values, scores, weights };
        self.core_backward(core, wanted, [rows, seen_rows], dropping, tape);

        normed.resize(tape.norm.output.len(), 0.0);
        let own = &tape.norm.output;
        let queries_into = self.input_depends.then_some((&mut normed[..], Previous::Replaced));
        if wanted.queries {
            self.query.backward(own, &tape.queries.tape, queries, queries_into, adapter, low);
        }
        // Keys and values are made of the same states: their slopes meet in what those states were.
        let (seen, seen_slope) = match (memory, memory_slope) {
            (Some(memory), Some(slope)) => (memory.states, slope),
            (_, _) => (&own[..], &mut normed[..]),
        };
        for (linear, projection, slope, is_wanted) in
            [(&self.key, &tape.keys, keys, wanted.keys), (&self.value, &tape.values, values, wanted.values)]
        {
            if is_wanted {
                let into = self.seen_depends.then_some((&mut *seen_slope, Previous::AddedTo));
                linear.backward(seen, &projection.tape, slope, into, adapter, low);
            }
        }
        if self.input_depends {
            self.norm.backward(&tape.norm, normed, state);
        }
    }

    /// Between the projections. With `P` the weights, `S` the scores and `J = P · V`: `dV = Pᵀ · dJ`,
    /// `dP = dJ · Vᵀ`, `dS = P ∘ (dP - rows(P ∘ dP))`, `dQ = dS · K`, `dK = dSᵀ · Q`. Dropout puts `P ∘ M` for `P` in
    /// the first and `dP ∘ M` for `dP` in the second.
    fn core_backward(
        &self,
        slopes: CoreSlopes<'_>,
        wanted: Wanted,
        [rows, seen_rows]: [&Rows; 2],
        dropping: Dropping<'_>,
        tape: &AttentionTape,
    ) {
        if !wanted.any() {
            return;
        }
        let CoreSlopes {
            joined: d_joined,
            queries: d_queries,
            keys: d_keys,
            values: d_values,
            scores,
            weights: buffer,
        } = slopes;
        let (joined_width, head_width) = (self.output.inputs, self.output.inputs / self.heads);
        let mut weights = &tape.weights[..];
        for (number, (row, seen)) in rows.iter().zip(seen_rows.iter()).enumerate() {
            let places = row.start * joined_width..row.end * joined_width;
            let seen_places = seen.start * joined_width..seen.end * joined_width;
            let queries = Matrix::new(&tape.queries.values[places.clone()], joined_width);
            let keys = Matrix::new(&tape.keys.values[seen_places.clone()], joined_width);
            let values = Matrix::new(&tape.values.values[seen_places.clone()], joined_width);
            let d_joined = Matrix::new(&d_joined[places.clone()], joined_width);
            scores.resize(row.len() * seen.len(), 0.0);
            for head in 0..self.heads {
                let columns = head * head_width..(head + 1) * head_width;
                let head_weights;
                (head_weights, weights) = weights.split_at(row.len() * seen.len());
                let d_joined = d_joined.columns(columns.clone());
                let into = |slopes, places| MatrixMut::new(slopes, joined_width).columns(places);
                if wanted.values {
                    let d_values = into(&mut d_values[seen_places.clone()], columns.clone());
                    let dropped = self.dropped(head_weights, dropping, [number, head], seen.len(), buffer);
                    let transposed = Matrix::new(dropped, seen.len()).transposed();
                    multiply(d_values, Previous::Replaced, 1.0, transposed, d_joined);
                }
                if !(wanted.queries || wanted.keys) {
                    continue;
                }
                let d_weights = MatrixMut::new(scores, seen.len());
                let values = values.columns(columns.clone()).transposed();
                multiply(d_weights, Previous::Replaced, 1.0, d_joined, values);
                let at = [number, head];
                dropping.apply_to_weights(self.dropped_weights, at, seen.len(), scores);
                vectorised(SoftmaxBackward { slopes: scores, weights: head_weights, keys: seen.len() });
                let d_scores = Matrix::new(scores, seen.len());
                if wanted.queries {
                    let d_queries = into(&mut d_queries[places.clone()], columns.clone());
                    multiply(d_queries, Previous::Replaced, 1.0, d_scores, keys.columns(columns.clone()));
                }
                if wanted.keys {
                    let d_keys = into(&mut d_keys[seen_places.clone()], columns.clone());
                    let d_scores = d_scores.transposed();
                    multiply(d_keys, Previous::Replaced, 1.0, d_scores, queries.columns(columns));
                }
            }
        }
    }
}

/// Which projections' slopes are needed.
#[derive(Debug, Clone, Copy)]
struct Wanted {
    queries: bool,
    keys: bool,
    values: bool,
}

impl Wanted {
    fn any(self) -> bool {
        self.queries || self.keys || self.values
    }
}

struct CoreSlopes<'s> {
    joined: &'s [f32],
    queries: &'s mut [f32],
    keys: &'s mut [f32],
    values: &'s mut [f32],
    scores: &'s mut Vec<f32>,
    weights: &'s mut Vec<f32>,
}

/// Softmax over the last dimension of `[queries, keys]` scores of a head, with its bias added.
struct BiasedSoftmax<'a> {
    scores: &'a mut [f32],
    keys: usize,
    bias: Option<Bias<'a>>,
    head: usize,
}

impl Kernel for BiasedSoftmax<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        for (query, row) in self.scores.chunks_exact_mut(self.keys).enumerate() {
            let mut seen = self.keys;
            if let Some(Bias { by_distance, longest, causal }) = self.bias {
                // Key 0 is `query` positions before the query.
                let first = self.head * (2 * longest - 1) + longest - 1 - query;
                add(row, &by_distance[first..]);
                if causal {
                    seen = query + 1;
                }
            }
            let (row, forbidden) = row.split_at_mut(seen);
            let shift = largest(row);
            let scale = exponentials(row, shift).recip();
            for weight in row {
                *weight *= scale;
            }
            forbidden.fill(0.0);
        }
    }
}

/// Makes slopes by the weights slopes by the scores, both `[queries, keys]`.
struct SoftmaxBackward<'a> {
    slopes: &'a mut [f32],
    weights: &'a [f32],
    keys: usize,
}

impl Kernel for SoftmaxBackward<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let rows = self.slopes.chunks_exact_mut(self.keys).zip(self.weights.chunks_exact(self.keys));
        for (slopes, weights) in rows {
            let mean = sum_of_products(slopes, weights);
            for (slope, weight) in slopes.iter_mut().zip(weights) {
                *slope = (*slope - mean) * weight;
            }
        }
    }
}
