//! Relative position buckets and the attention bias they select.
//!
//! Invariant: the encoder splits its buckets between both directions, the decoder has all of them for the
//! past. Taking the encoder's split for the decoder gives right answers up to position 8 and wrong ones after.
//! The table's values are copied out of the weights, so no gradient can reach them.
//! Source: Raffel et al. 2020, section 2.1; the rounding is that of mesh-tensorflow and transformers (f32 `ln`).

use std::ops::Range;

use candle_core::{Device, Result as CandleResult, Tensor};

/// Where a query may look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Direction {
    /// Both ways: the encoder.
    Both,
    /// Itself and what is before it: the decoder.
    Backward,
}

/// The relative attention bias of one stack.
#[derive(Debug, Clone)]
pub(crate) struct RelativeBias {
    /// `[buckets, heads]`.
    table: Vec<Vec<f32>>,
    direction: Direction,
    max_distance: usize,
}

impl RelativeBias {
    /// Copies a table of shape `[buckets, heads]`, row-major.
    pub(super) fn new(table: &[f32], heads: usize, direction: Direction, max_distance: usize) -> Self {
        let table = table.chunks_exact(heads).map(<[f32]>::to_vec).collect();
        Self { table, direction, max_distance }
    }

    /// The bias of shape `[heads, queries, keys]` for queries at these positions and keys at `0..keys`;
    /// minus infinity where the direction forbids looking.
    pub(super) fn scores(&self, queries: Range<usize>, keys: usize) -> CandleResult<Tensor> {
        let heads = self.table.first().map_or(0, Vec::len);
        let mut scores = Vec::with_capacity(heads * queries.len() * keys);
        for head in 0..heads {
            for query in queries.clone() {
                scores.extend((0..keys).map(|key| match self.direction {
                    Direction::Backward if key > query => f32::NEG_INFINITY,
                    _ => self.table[self.bucket(query, key)][head],
                }));
            }
        }
        Tensor::from_vec(scores, (heads, queries.len(), keys), &Device::Cpu)
    }

    /// The same by distance, `[heads, 2 * longest - 1]`: for key - query from `1 - longest` to `longest - 1`, for
    /// sequences of up to `longest` positions. Where the direction forbids looking it says nothing of use.
    pub(crate) fn by_distance(&self, longest: usize) -> Vec<f32> {
        let heads = self.table.first().map_or(0, Vec::len);
        let buckets: Vec<usize> = (0..2 * longest - 1)
            .map(|place| self.bucket((longest - 1).saturating_sub(place), place.saturating_sub(longest - 1)))
            .collect();
        (0..heads).flat_map(|head| buckets.iter().map(move |bucket| self.table[*bucket][head])).collect()
    }

    fn bucket(&self, query: usize, key: usize) -> usize {
        let distance = query.abs_diff(key);
        match self.direction {
            Direction::Backward => distance_bucket(distance, self.table.len(), self.max_distance),
            Direction::Both => {
                let half = self.table.len() / 2;
                let ahead = if key > query { half } else { 0 };
                ahead + distance_bucket(distance, half, self.max_distance)
            }
        }
    }
}

/// Half the buckets hold one distance each, the others ever wider ranges up to `max_distance`.
fn distance_bucket(distance: usize, buckets: usize, max_distance: usize) -> usize {
    let exact = buckets / 2;
    if distance < exact {
        return distance;
    }
    let range = (max_distance as f64 / exact as f64).ln() as f32;
    let place = (distance as f32 / exact as f32).ln() / range * (buckets - exact) as f32;
    (exact + place as usize).min(buckets - 1)
}

#[cfg(test)]
mod tests {
    use super::distance_bucket;

    #[test]
    fn distances_fall_into_the_buckets_of_transformers() {
        // T5Attention._relative_position_bucket, transformers 5.23, at the edges of the buckets.
        let decoder: Vec<_> =
            [0, 9, 15, 16, 18, 19, 31, 32, 112, 113, 128, 1000].map(|d| distance_bucket(d, 32, 128)).into();
        assert_eq!(decoder, [0, 9, 15, 16, 16, 17, 21, 21, 30, 31, 31, 31]);
        let encoder: Vec<_> =
            [0, 7, 8, 11, 12, 63, 64, 90, 91, 500].map(|d| distance_bucket(d, 16, 128)).into();
        assert_eq!(encoder, [0, 7, 8, 8, 9, 13, 14, 14, 15, 15]);
    }
}
