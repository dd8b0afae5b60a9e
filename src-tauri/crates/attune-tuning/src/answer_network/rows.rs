//! Products of f32 weights with a few rows, each row as if it were alone.
//!
//! Products for whole matrices take another way for one row than for two, so a row's last bits would depend on how many
//! others there are, and with them now and then a token of its answer.
//! Invariant: a row's products are the same bits in whatever company. Every product adds up in one order, and the tiles
//! only share what is loaded.

use pulp::{Simd, WithSimd};
use rayon::prelude::*;

use crate::kernels::{Previous, prefetch, registers};

/// Values of a weight that several threads share: some fifty microseconds.
const SHARED: usize = 1 << 18;
/// Threads that share one; a few of them ask for all that memory gives.
const TEAM: usize = 4;

/// Row-major rows to fill, of which each may be part of a longer one.
#[derive(Debug)]
pub(super) struct RowsMut<'a> {
    pub(super) values: &'a mut [f32],
    /// From one row to the next.
    pub(super) step: usize,
    pub(super) previous: Previous,
}

/// `scale · rows · weightᵀ`, both of `inputs` columns.
pub(super) fn row_products(out: RowsMut<'_>, scale: f32, rows: &[f32], weight: &[f32], inputs: usize) {
    let outputs = weight.len() / inputs;
    registers().dispatch(Products { weight, rows, inputs, outputs, scale, out });
}

/// As [`row_products`] of one row whose values lie side by side. Within a pool its threads share a large weight; from
/// outside they would be called for every product anew. The same bits.
pub(super) fn lone_row_products(
    values: &mut [f32],
    previous: Previous,
    row: &[f32],
    weight: &[f32],
    inputs: usize,
) {
    let is_shared = weight.len() >= SHARED && rayon::current_thread_index().is_some();
    let threads = if is_shared { rayon::current_num_threads().min(TEAM) } else { 1 };
    if threads == 1 {
        let step = values.len();
        return row_products(RowsMut { values, step, previous }, 1.0, row, weight, inputs);
    }
    let share = values.len().div_ceil(threads);
    values.par_chunks_mut(share).zip(weight.par_chunks(share * inputs)).for_each(|(values, weight)| {
        let step = values.len();
        row_products(RowsMut { values, step, previous }, 1.0, row, weight, inputs);
    });
}

struct Products<'a> {
    weight: &'a [f32],
    rows: &'a [f32],
    inputs: usize,
    outputs: usize,
    scale: f32,
    out: RowsMut<'a>,
}

impl WithSimd for Products<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(mut self, simd: S) {
        let whole = self.outputs / 4 * 4;
        for output in (0..whole).step_by(4) {
            self.outputs_at::<S, 4>(simd, output);
        }
        for output in whole..self.outputs {
            self.outputs_at::<S, 1>(simd, output);
        }
    }
}

impl Products<'_> {
    /// `O` outputs of all rows: the weights are read from memory once.
    #[inline(always)]
    fn outputs_at<S: Simd, const O: usize>(&mut self, simd: S, output: usize) {
        let rows = self.rows.len() / self.inputs;
        // Sixteen sums need more registers than most processors have.
        let at_once = if S::REGISTER_COUNT >= 32 { 4 } else { 2 };
        let mut row = 0;
        while row + 4 <= rows && at_once == 4 {
            self.tile::<S, O, 4>(simd, output, row);
            row += 4;
        }
        while row + 2 <= rows {
            self.tile::<S, O, 2>(simd, output, row);
            row += 2;
        }
        if row < rows {
            self.tile::<S, O, 1>(simd, output, row);
        }
    }

    #[inline(always)]
    fn tile<S: Simd, const O: usize, const R: usize>(&mut self, simd: S, output: usize, row: usize) {
        let (weight, rows, inputs) = (self.weight, self.rows, self.inputs);
        let weights: [_; O] =
            std::array::from_fn(|o| S::as_simd_f32s(&weight[(output + o) * inputs..][..inputs]));
        let rows: [_; R] = std::array::from_fn(|r| S::as_simd_f32s(&rows[(row + r) * inputs..][..inputs]));
        let mut sums = [[simd.splat_f32s(0.0); R]; O];
        // What is read after this, for the first rows: a processor fetches ahead within a page only.
        let next = (output + O) * inputs..(output + 2 * O) * inputs;
        let next = weight.get(next).filter(|_| row == 0).unwrap_or_default();
        for lane in 0..inputs / S::F32_LANES {
            if !next.is_empty() {
                let line = lane * O * S::F32_LANES;
                (0..O).for_each(|o| prefetch(&next[line + o * S::F32_LANES]));
            }
            let values: [_; R] = std::array::from_fn(|r| rows[r].0[lane]);
            for (o, sums) in sums.iter_mut().enumerate() {
                let weight = weights[o].0[lane];
                for (sum, value) in sums.iter_mut().zip(values) {
                    *sum = simd.mul_add_e_f32s(weight, value, *sum);
                }
            }
        }
        for o in 0..O {
            for r in 0..R {
                let rest = weights[o].1.iter().zip(rows[r].1).map(|(weight, value)| weight * value);
                let product = self.scale * (simd.reduce_sum_f32s(sums[o][r]) + rest.sum::<f32>());
                let out = &mut self.out.values[(row + r) * self.out.step + output + o];
                match self.out.previous {
                    Previous::Replaced => *out = product,
                    Previous::AddedTo => *out += product,
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use rand::{Rng, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    use super::{Previous, RowsMut, SHARED, lone_row_products, row_products};

    #[test]
    fn products_are_right_and_the_same_bits_in_any_company() {
        let mut random = ChaCha8Rng::seed_from_u64(7);
        for (inputs, outputs) in [(1, 1), (16, 32), (37, 5), (64, 19), (256, 40)] {
            let mut draw = |count| (0..count).map(|_| random.random_range(-1.0..1.0)).collect::<Vec<f32>>();
            let (weight, rows, before) =
                (draw(inputs * outputs), draw(inputs * 11), draw((outputs + 3) * 11));
            let products = |rows: &[f32], previous| {
                let step = outputs + 3;
                let mut values = before[..rows.len() / inputs * step].to_vec();
                let out = RowsMut { values: &mut values, step, previous };
                row_products(out, 0.5, rows, &weight, inputs);
                values
            };
            let together = products(&rows, Previous::Replaced);
            let added = products(&rows, Previous::AddedTo);
            for (place, row) in rows.chunks_exact(inputs).enumerate() {
                let of_row = place * (outputs + 3)..(place + 1) * (outputs + 3);
                let (together, added) = (&together[of_row.clone()], &added[of_row.clone()]);
                let before = &before[of_row];
                assert_eq!(products(row, Previous::Replaced)[..outputs], together[..outputs]);
                assert_eq!(
                    (&together[outputs..], &added[outputs..]),
                    (&before[outputs..], &before[outputs..])
                );
                for (place, weight) in weight.chunks_exact(inputs).enumerate() {
                    let exact: f64 = weight.iter().zip(row).map(|(w, v)| f64::from(*w) * f64::from(*v)).sum();
                    let found = together[place];
                    assert!((f64::from(found) - 0.5 * exact).abs() < 1e-5, "{found} for {exact}");
                    assert_eq!(added[place], before[place] + found);
                }
            }
        }
    }

    #[test]
    fn a_row_that_threads_share_has_the_same_bits() {
        let mut random = ChaCha8Rng::seed_from_u64(8);
        for (inputs, outputs) in [(512, SHARED / 512 + 3), (512, 5), (37, SHARED / 37 + 1)] {
            let mut draw = |count| (0..count).map(|_| random.random_range(-1.0..1.0)).collect::<Vec<f32>>();
            let (weight, row, before) = (draw(inputs * outputs), draw(inputs), draw(outputs));
            for previous in [Previous::Replaced, Previous::AddedTo] {
                let (mut alone, mut shared) = (before.clone(), before.clone());
                let out = RowsMut { values: &mut alone, step: outputs, previous };
                row_products(out, 1.0, &row, &weight, inputs);
                rayon::scope(|_| lone_row_products(&mut shared, previous, &row, &weight, inputs));
                assert_eq!(shared, alone, "{outputs} outputs");
            }
        }
    }
}
