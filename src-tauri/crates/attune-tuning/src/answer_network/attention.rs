//! One query of all heads over what is remembered.

use super::memory::{BLOCK, Layers, Seen};
use crate::kernels::Value;
use crate::vectors::{Kernel, exponentials, largest, vectorised};

/// The bias of a query by its distance from a key at or before it.
#[derive(Debug)]
pub(super) struct Bias {
    /// `[heads, farthest + 1]`, the farthest first; all beyond it have its bias.
    pub(super) by_distance: Vec<f32>,
    pub(super) farthest: usize,
}

/// What a query takes from the values of this layer, `[width]`, is written over `taken`. With a bias the query stands at
/// the last position.
pub(super) fn attend(
    query: &[f32],
    layers: &Layers,
    layer: usize,
    heads: usize,
    bias: Option<&Bias>,
    scores: &mut Vec<f32>,
    taken: &mut [f32],
) {
    match layers {
        Layers::Wide(layers) => attend_to(query, &layers[layer], heads, bias, scores, taken),
        Layers::Narrow(layers) => attend_to(query, &layers[layer], heads, bias, scores, taken),
    }
}

fn attend_to<V: Value>(
    query: &[f32],
    seen: &Seen<V>,
    heads: usize,
    bias: Option<&Bias>,
    scores: &mut Vec<f32>,
    taken: &mut [f32],
) {
    let room = seen.positions.next_multiple_of(BLOCK);
    if scores.len() < room {
        scores.resize(room, 0.0);
    }
    vectorised(Attend { query, seen, heads, bias, scores: &mut scores[..room], taken });
}

struct Attend<'a, V> {
    query: &'a [f32],
    seen: &'a Seen<V>,
    heads: usize,
    bias: Option<&'a Bias>,
    /// One for each position, in whole blocks.
    scores: &'a mut [f32],
    taken: &'a mut [f32],
}

impl<V: Value> Kernel for Attend<'_, V> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self { query, seen, heads, bias, scores, taken } = self;
        let width = query.len();
        let head_width = width / heads;
        for head in 0..heads {
            let dimensions = head * head_width..(head + 1) * head_width;
            let query = &query[dimensions.clone()];
            for (block, scores) in scores.as_chunks_mut::<BLOCK>().0.iter_mut().enumerate() {
                let keys = &seen.keys[(block * width + dimensions.start) * BLOCK..][..head_width * BLOCK];
                *scores = products(query, keys.as_chunks::<BLOCK>().0);
            }
            let scores = &mut scores[..seen.positions];
            if let Some(bias) = bias {
                bias.add(head, scores);
            }
            let shift = largest(scores);
            let share = 1.0 / exponentials(scores, shift);
            for score in &mut *scores {
                *score *= share;
            }
            take(scores, &seen.values[dimensions.start..], width, &mut taken[dimensions]);
        }
    }
}

/// The products of a query with 16 keys, `[head_width, 16]`, in four sums by dimension.
#[inline(always)]
fn products<V: Value>(query: &[f32], keys: &[[V; BLOCK]]) -> [f32; BLOCK] {
    let mut sums = [[0.0; BLOCK]; 4];
    let (quads, rest) = keys.as_chunks::<4>();
    let (query_quads, query_rest) = query.as_chunks::<4>();
    for (query, keys) in query_quads.iter().zip(quads) {
        for apart in 0..4 {
            for lane in 0..BLOCK {
                sums[apart][lane] += query[apart] * keys[apart][lane].widen();
            }
        }
    }
    for (query, keys) in query_rest.iter().zip(rest) {
        for lane in 0..BLOCK {
            sums[0][lane] += query * keys[lane].widen();
        }
    }
    let mut whole = [0.0; BLOCK];
    for lane in 0..BLOCK {
        whole[lane] = (sums[0][lane] + sums[1][lane]) + (sums[2][lane] + sums[3][lane]);
    }
    whole
}

/// `taken = Σ share · value`, position by position; the values of a position are `step` apart.
#[inline(always)]
fn take<V: Value>(shares: &[f32], values: &[V], step: usize, taken: &mut [f32]) {
    let (wide, rest) = taken.as_chunks_mut::<64>();
    for (place, taken) in wide.iter_mut().enumerate() {
        *taken = weighed(shares, &values[place * 64..], step);
    }
    let first = wide.len() * 64;
    let (narrow, rest) = rest.as_chunks_mut::<16>();
    for (place, taken) in narrow.iter_mut().enumerate() {
        *taken = weighed(shares, &values[first + place * 16..], step);
    }
    let first = first + narrow.len() * 16;
    for (place, taken) in rest.iter_mut().enumerate() {
        [*taken] = weighed(shares, &values[first + place..], step);
    }
}

#[inline(always)]
fn weighed<V: Value, const LANES: usize>(shares: &[f32], values: &[V], step: usize) -> [f32; LANES] {
    let mut sums = [0.0; LANES];
    for (share, values) in shares.iter().zip(values.chunks(step)) {
        let values = &values[..LANES];
        for lane in 0..LANES {
            sums[lane] += share * values[lane].widen();
        }
    }
    sums
}

impl Bias {
    #[inline(always)]
    fn add(&self, head: usize, scores: &mut [f32]) {
        let of_head = &self.by_distance[head * (self.farthest + 1)..][..self.farthest + 1];
        let beyond = scores.len().saturating_sub(of_head.len());
        let (far, near) = scores.split_at_mut(beyond);
        for score in far {
            *score += of_head[0];
        }
        let first = of_head.len() - near.len();
        for (score, bias) in near.iter_mut().zip(&of_head[first..]) {
            *score += bias;
        }
    }
}
