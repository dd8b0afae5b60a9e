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
    if scores.len() < heads * room {
        scores.resize(heads * room, 0.0);
    }
    vectorised(Attend { query, seen, heads, bias, scores: &mut scores[..heads * room], taken });
}

struct Attend<'a, V> {
    query: &'a [f32],
    seen: &'a Seen<V>,
    heads: usize,
    bias: Option<&'a Bias>,
    /// One for each position, in whole blocks, of each head.
    scores: &'a mut [f32],
    taken: &'a mut [f32],
}

impl<V: Value> Kernel for Attend<'_, V> {
    type Output = ();

    /// Keys and values are read once from end to end, as they lie in memory: it is that which takes the time.
    #[inline(always)]
    fn run(self) {
        let Self { query, seen, heads, bias, scores, taken } = self;
        let (width, room) = (query.len(), scores.len() / heads);
        let head_width = width / heads;
        for (block, keys) in seen.keys.chunks_exact(width * BLOCK).enumerate() {
            let of_heads = query.chunks_exact(head_width).zip(keys.chunks_exact(head_width * BLOCK));
            for (head, (query, keys)) in of_heads.enumerate() {
                let products = products(query, keys.as_chunks::<BLOCK>().0);
                scores[head * room + block * BLOCK..][..BLOCK].copy_from_slice(&products);
            }
        }
        for (head, scores) in scores.chunks_exact_mut(room).enumerate() {
            let scores = &mut scores[..seen.positions];
            if let Some(bias) = bias {
                bias.add(head, scores);
            }
            let shift = largest(scores);
            let share = 1.0 / exponentials(scores, shift);
            for score in scores {
                *score *= share;
            }
        }
        taken.fill(0.0);
        let quads = seen.values.chunks_exact(4 * width);
        let rest = quads.remainder();
        let first = seen.positions / 4 * 4;
        for (quad, values) in quads.enumerate() {
            for (head, taken) in taken.chunks_exact_mut(head_width).enumerate() {
                let shares = &scores[head * room + quad * 4..][..4];
                take_four(taken, shares, &values[head * head_width..], width);
            }
        }
        for (place, values) in rest.chunks_exact(width).enumerate() {
            let of_heads = taken.chunks_exact_mut(head_width).zip(values.chunks_exact(head_width));
            for (head, (taken, values)) in of_heads.enumerate() {
                let share = scores[head * room + first + place];
                for (taken, value) in taken.iter_mut().zip(values) {
                    *taken += share * value.widen();
                }
            }
        }
    }
}

/// The products of a query with 16 keys, `[head_width, 16]`, in four sums by dimension.
#[inline(always)]
fn products<V: Value>(query: &[f32], keys: &[[V; BLOCK]]) -> [f32; BLOCK] {
    let [mut first, mut second, mut third, mut fourth] = [[0.0; BLOCK]; 4];
    let (quads, rest) = keys.as_chunks::<4>();
    let (query_quads, query_rest) = query.as_chunks::<4>();
    // By name, so that the compiler keeps each in a register.
    for (query, keys) in query_quads.iter().zip(quads) {
        add_scaled(&mut first, query[0], &keys[0]);
        add_scaled(&mut second, query[1], &keys[1]);
        add_scaled(&mut third, query[2], &keys[2]);
        add_scaled(&mut fourth, query[3], &keys[3]);
    }
    for (query, keys) in query_rest.iter().zip(rest) {
        add_scaled(&mut first, *query, keys);
    }
    let mut whole = [0.0; BLOCK];
    for lane in 0..BLOCK {
        whole[lane] = (first[lane] + second[lane]) + (third[lane] + fourth[lane]);
    }
    whole
}

#[inline(always)]
fn add_scaled<V: Value, const LANES: usize>(sums: &mut [f32; LANES], scale: f32, values: &[V; LANES]) {
    for lane in 0..LANES {
        sums[lane] += scale * values[lane].widen();
    }
}

/// Adds so much of the values of four positions, which are `step` apart.
#[inline(always)]
fn take_four<V: Value>(taken: &mut [f32], shares: &[f32], values: &[V], step: usize) {
    const LANES: usize = 16;
    let rows: [&[V]; 4] = std::array::from_fn(|row| &values[row * step..][..taken.len()]);
    let (whole, rest) = taken.as_chunks_mut::<LANES>();
    for (place, taken) in whole.iter_mut().enumerate() {
        let values = rows.map(|row| &row[place * LANES..][..LANES]);
        for lane in 0..LANES {
            let [first, second, third, fourth] = values.map(|values| values[lane].widen());
            let left = shares[0] * first + shares[1] * second;
            taken[lane] += left + (shares[2] * third + shares[3] * fourth);
        }
    }
    let first = whole.len() * LANES;
    for (place, taken) in rest.iter_mut().enumerate() {
        let values = rows.map(|row| row[first + place].widen());
        let left = shares[0] * values[0] + shares[1] * values[1];
        *taken += left + (shares[2] * values[2] + shares[3] * values[3]);
    }
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
