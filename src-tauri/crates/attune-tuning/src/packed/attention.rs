//! Attention of packed rows: each row's queries over the same row's keys, head by head, both ways.
//!
//! Not here: the positions' bias (`network`'s `position` selects it) and which gradients are needed (`weights`).
//! Invariant: scores are not scaled; a row sees nothing of another.

use super::dropping::Dropping;
use super::linear::{Filled, Linear, LinearScratch, LinearTape};
use super::norm::{Norm, NormTape};
use super::number::Number;
use super::rows::Rows;
use super::scratch::{Scratch, fit};
use crate::DropoutPlace;
use crate::kernels::{BlockProducts, Matrix, MatrixMut, Previous, Value, Written};
use crate::vectors::{Kernel, add, exponentials, largest, sum_of_products, vectorised};

/// A norm, an attention, and what they add to the residual stream.
pub(super) struct Attention<'w, V: Number> {
    pub(super) norm: Norm<'w>,
    pub(super) query: Linear<'w, V>,
    pub(super) key: Linear<'w, V>,
    pub(super) value: Linear<'w, V>,
    pub(super) output: Linear<'w, V>,
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
pub(super) struct AttentionTape<V> {
    norm: NormTape<V>,
    queries: Projection<V>,
    keys: Projection<V>,
    values: Projection<V>,
    /// For each row and head `[queries, keys]`, one after the other.
    weights: Vec<V>,
    /// What each position takes from the values, `[positions, heads · head_width]`; empty where LoRA does not need it
    /// for the output.
    joined: Vec<V>,
    output: LinearTape,
}

#[derive(Debug, Default)]
struct Projection<V> {
    /// `[positions, heads · head_width]`.
    values: Vec<V>,
    tape: LinearTape,
}

impl<V: Number> Projection<V> {
    fn fill(&mut self, linear: &Linear<'_, V>, x: &[V], scratch: &mut LinearScratch<V>) {
        fit(&mut self.values, x.len() / linear.inputs * linear.outputs);
        linear.forward(x, &mut self.tape, Filled::Values(&mut self.values), scratch);
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
pub(super) struct Memory<'s, V> {
    /// `[positions, width]`.
    pub(super) states: &'s [V],
    pub(super) rows: &'s Rows,
}

/// What positions look at.
#[derive(Debug, Clone, Copy)]
pub(super) enum Seen<'s, V> {
    /// Their own row, with this bias.
    OwnRow(Bias<'s>),
    /// The other stack's.
    Memory(Memory<'s, V>),
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

impl<V: Number> Attention<'_, V> {
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
        seen: Seen<'_, V>,
        dropping: Dropping<'_>,
        tape: &mut AttentionTape<V>,
        scratch: &mut Scratch<V>,
    ) {
        self.norm.forward(state, &mut tape.norm);
        let normed = &tape.norm.output;
        let (seen, seen_rows, bias) = match seen {
            Seen::OwnRow(bias) => (&normed[..], rows, Some(bias)),
            Seen::Memory(memory) => (memory.states, memory.rows, None),
        };
        let Scratch { linear, scores, weights: dropped, added, joined: kept_by_none, .. } = scratch;
        tape.queries.fill(&self.query, normed, linear);
        tape.keys.fill(&self.key, seen, linear);
        tape.values.fill(&self.value, seen, linear);
        let joined = if self.output.is_adapted() { &mut tape.joined } else { kept_by_none };
        fit(joined, tape.queries.values.len());
        let sizes = rows.iter().zip(seen_rows.iter()).map(|(row, seen)| row.len() * seen.len());
        fit(&mut tape.weights, self.heads * sizes.sum::<usize>());

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
                let head_weights;
                (head_weights, weights) = weights.split_at_mut(row.len() * seen.len());
                fit(scores, head_weights.len());
                linear.products.multiply(
                    Written::Wide(MatrixMut::new(scores, seen.len()), Previous::Replaced),
                    queries.columns(columns.clone()),
                    keys.columns(columns.clone()).transposed(),
                );
                vectorised(BiasedSoftmax { scores, weights: head_weights, keys: seen.len(), bias, head });
                let weights = self.dropped(head_weights, dropping, [number, head], seen.len(), dropped);
                let into = MatrixMut::new(&mut joined[places.clone()], joined_width);
                linear.products.multiply(
                    Written::Narrow(into.columns(columns.clone())),
                    Matrix::new(weights, seen.len()),
                    values.columns(columns),
                );
            }
        }
        if !dropping.is_on() {
            let state = Filled::Wide(state, Previous::AddedTo);
            self.output.forward(joined, &mut tape.output, state, linear);
            return;
        }
        fit(added, state.len());
        let into = Filled::Wide(&mut *added, Previous::Replaced);
        self.output.forward(joined, &mut tape.output, into, linear);
        dropping.apply(self.dropped_output, rows, added);
        add(state, added);
    }

    /// The weights of a row and head after dropout, in `buffer` where there is any.
    fn dropped<'s>(
        &self,
        weights: &'s [V],
        dropping: Dropping<'_>,
        at: [usize; 2],
        keys: usize,
        buffer: &'s mut Vec<V>,
    ) -> &'s [V] {
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
        memory: Option<Memory<'_, V>>,
        dropping: Dropping<'_>,
        tape: &AttentionTape<V>,
        scratch: &mut Scratch<V>,
    ) {
        let Slopes { state, memory: memory_slope, adapter } = slopes;
        let Scratch {
            linear,
            joined,
            queries,
            keys,
            values,
            scores,
            score_slopes,
            weights,
            normed,
            added,
            slope,
            ..
        } = scratch;
        let wanted = Wanted {
            queries: self.input_depends || self.query.is_adapted(),
            keys: self.seen_depends || self.key.is_adapted(),
            values: self.seen_depends || self.value.is_adapted(),
        };
        fit(joined, tape.queries.values.len());
        let into_joined = wanted.any().then_some(Filled::Values(&mut joined[..]));
        let mut output_slope = &*state;
        if dropping.is_on() {
            added.clear();
            added.extend_from_slice(state);
            dropping.apply(self.dropped_output, rows, added);
            output_slope = added;
        }
        let output_slope = V::narrowed(output_slope, slope);
        self.output.backward(&tape.joined, &tape.output, output_slope, into_joined, adapter, linear);

        fit(queries, tape.queries.values.len());
        fit(keys, tape.keys.values.len());
        fit(values, tape.values.values.len());
        let seen_rows = memory.map_or(rows, |memory| memory.rows);
        let products = &mut linear.products;
        let core = CoreSlopes { products, joined, queries, keys, values, scores, score_slopes, weights };
        self.core_backward(core, wanted, [rows, seen_rows], dropping, tape);

        fit(normed, tape.norm.output.len());
        let own = &tape.norm.output;
        let queries_into = self.input_depends.then_some(Filled::Wide(&mut normed[..], Previous::Replaced));
        if wanted.queries {
            self.query.backward(own, &tape.queries.tape, queries, queries_into, adapter, linear);
        }
        // Keys and values are made of the same states: their slopes meet in what those states were.
        let (seen, seen_slope) = match (memory, memory_slope) {
            (Some(memory), Some(slope)) => (memory.states, slope),
            (_, _) => (&own[..], &mut normed[..]),
        };
        for (part, projection, slope, is_wanted) in
            [(&self.key, &tape.keys, keys, wanted.keys), (&self.value, &tape.values, values, wanted.values)]
        {
            if is_wanted {
                let into = self.seen_depends.then_some(Filled::Wide(&mut *seen_slope, Previous::AddedTo));
                part.backward(seen, &projection.tape, slope, into, adapter, linear);
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
        slopes: CoreSlopes<'_, V>,
        wanted: Wanted,
        [rows, seen_rows]: [&Rows; 2],
        dropping: Dropping<'_>,
        tape: &AttentionTape<V>,
    ) {
        if !wanted.any() {
            return;
        }
        let CoreSlopes {
            products,
            joined: d_joined,
            queries: d_queries,
            keys: d_keys,
            values: d_values,
            scores,
            score_slopes,
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
            fit(scores, row.len() * seen.len());
            for head in 0..self.heads {
                let columns = head * head_width..(head + 1) * head_width;
                let head_weights;
                (head_weights, weights) = weights.split_at(row.len() * seen.len());
                let d_joined = d_joined.columns(columns.clone());
                let into =
                    |slopes, places| Written::Narrow(MatrixMut::new(slopes, joined_width).columns(places));
                if wanted.values {
                    let d_values = into(&mut d_values[seen_places.clone()], columns.clone());
                    let dropped = self.dropped(head_weights, dropping, [number, head], seen.len(), buffer);
                    let transposed = Matrix::new(dropped, seen.len()).transposed();
                    products.multiply(d_values, transposed, d_joined);
                }
                if !(wanted.queries || wanted.keys) {
                    continue;
                }
                let d_weights = Written::Wide(MatrixMut::new(scores, seen.len()), Previous::Replaced);
                let values = values.columns(columns.clone()).transposed();
                products.multiply(d_weights, d_joined, values);
                let at = [number, head];
                dropping.apply_to_weights(self.dropped_weights, at, seen.len(), scores);
                vectorised(SoftmaxBackward { slopes: scores, weights: head_weights, keys: seen.len() });
                let d_scores = Matrix::new(V::narrowed(scores, score_slopes), seen.len());
                if wanted.queries {
                    let d_queries = into(&mut d_queries[places.clone()], columns.clone());
                    products.multiply(d_queries, d_scores, keys.columns(columns.clone()));
                }
                if wanted.keys {
                    let d_keys = into(&mut d_keys[seen_places.clone()], columns.clone());
                    let d_scores = d_scores.transposed();
                    products.multiply(d_keys, d_scores, queries.columns(columns));
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

struct CoreSlopes<'s, V: Number> {
    products: &'s mut BlockProducts<V>,
    joined: &'s [V],
    queries: &'s mut [V],
    keys: &'s mut [V],
    values: &'s mut [V],
    scores: &'s mut Vec<f32>,
    score_slopes: &'s mut Vec<V>,
    weights: &'s mut Vec<V>,
}

/// Softmax over the last dimension of `[queries, keys]` scores of a head, with its bias added. The scores are used up.
struct BiasedSoftmax<'a, V> {
    scores: &'a mut [f32],
    weights: &'a mut [V],
    keys: usize,
    bias: Option<Bias<'a>>,
    head: usize,
}

impl<V: Value> Kernel for BiasedSoftmax<'_, V> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let rows = self.scores.chunks_exact_mut(self.keys).zip(self.weights.chunks_exact_mut(self.keys));
        for (query, (row, weights)) in rows.enumerate() {
            let mut seen = self.keys;
            if let Some(Bias { by_distance, longest, causal }) = self.bias {
                // Key 0 is `query` positions before the query.
                let first = self.head * (2 * longest - 1) + longest - 1 - query;
                add(row, &by_distance[first..]);
                if causal {
                    seen = query + 1;
                }
            }
            let (row, (weights, forbidden)) = (&mut row[..seen], weights.split_at_mut(seen));
            let shift = largest(row);
            let scale = exponentials(row, shift).recip();
            for (weight, exponential) in weights.iter_mut().zip(row) {
                *weight = V::narrow(*exponential * scale);
            }
            forbidden.fill(V::default());
        }
    }
}

/// Makes slopes by the weights slopes by the scores, both `[queries, keys]`.
struct SoftmaxBackward<'a, V> {
    slopes: &'a mut [f32],
    weights: &'a [V],
    keys: usize,
}

impl<V: Value> Kernel for SoftmaxBackward<'_, V> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let rows = self.slopes.chunks_exact_mut(self.keys).zip(self.weights.chunks_exact(self.keys));
        for (slopes, weights) in rows {
            let mean = sum_of_products(slopes, weights);
            for (slope, weight) in slopes.iter_mut().zip(weights) {
                *slope = (*slope - mean) * weight.widen();
            }
        }
    }
}
