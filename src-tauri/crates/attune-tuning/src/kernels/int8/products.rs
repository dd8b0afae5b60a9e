//! Products of rounded rows with a frozen weight, on one thread.

use super::panels::Int8Weight;
use super::rows::Int8Rows;
use super::{Int8Block, LINES, OUTPUTS, Sums};
use crate::kernels::{MatrixMut, Previous};
use crate::vectors::{Kernel, vectorised};

/// Sums that are kept before they are written out: few enough for a core's first cache.
const KEPT: usize = 64;

/// Multiplies on one thread; its memory is kept from product to product.
#[derive(Debug, Default)]
pub(crate) struct Int8Products {
    /// A few panels, `[panels, rows]`.
    sums: Vec<Sums>,
}

impl Int8Products {
    /// `rows · weightᵀ`, written over `out` or added to it.
    ///
    /// # Panics
    /// If the three do not fit each other, which is a fault of the caller.
    pub(crate) fn forward(
        &mut self,
        out: MatrixMut<'_>,
        previous: Previous,
        rows: &Int8Rows,
        weight: Int8Weight<'_>,
    ) {
        assert_eq!(rows.inputs, weight.inputs, "the depth of a product");
        assert_eq!(
            (out.rows, out.columns),
            (rows.rows, weight.scales.len()),
            "rows and columns of a product"
        );
        if out.rows == 0 || out.columns == 0 {
            return;
        }
        let (count, steps) = (rows.rows, weight.steps());
        let ready = rows.kernel.ready(count);
        let room = ready.room(count);
        let at_once = (KEPT / room).max(1);
        if self.sums.len() < at_once * room {
            self.sums.resize(at_once * room, Sums::ZERO);
        }
        let MatrixMut { values, row_step, .. } = out;
        for (group, panels) in weight.lines.chunks(at_once * steps * LINES).enumerate() {
            let panels = panels.chunks_exact(steps * LINES);
            let sums = &mut self.sums[..panels.len() * room];
            for (panel, sums) in panels.zip(sums.chunks_exact_mut(room)) {
                ready.multiply(Int8Block { rows: &rows.lines, panel, steps }, sums);
            }
            let (first, bias, scales) = (group * at_once, rows.kernel.bias(), &rows.scales[..count]);
            vectorised(WriteOut { values, row_step, previous, sums, room, first, scales, bias, weight });
        }
    }
}

/// Makes f32 of the sums of some panels.
struct WriteOut<'a> {
    values: &'a mut [f32],
    row_step: usize,
    previous: Previous,
    sums: &'a [Sums],
    /// How many of them belong to a panel.
    room: usize,
    /// The first panel's number.
    first: usize,
    /// One for each row.
    scales: &'a [f32],
    bias: i32,
    weight: Int8Weight<'a>,
}

impl Kernel for WriteOut<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self { values, row_step, previous, sums, room, first, scales, bias, weight } = self;
        for (panel, sums) in sums.chunks_exact(room).enumerate() {
            let first = (first + panel) * OUTPUTS;
            let width = OUTPUTS.min(weight.scales.len() - first);
            let mut of_weight = [0.0; OUTPUTS];
            let mut too_much = [0; OUTPUTS];
            of_weight[..width].copy_from_slice(&weight.scales[first..][..width]);
            too_much[..width].copy_from_slice(&weight.sums[first..][..width]);
            for sum in &mut too_much {
                *sum *= bias;
            }
            for (row, (sums, scale)) in sums.iter().zip(scales).enumerate() {
                let mut products = [0.0; OUTPUTS];
                for place in 0..OUTPUTS {
                    let sum = sums.0[place].wrapping_sub(too_much[place]);
                    products[place] = sum as f32 * (scale * of_weight[place]);
                }
                let out = &mut values[row * row_step + first..][..width];
                match out.as_mut_array::<OUTPUTS>() {
                    Some(out) => put(out, &products, previous),
                    None => put(out, &products, previous),
                }
            }
        }
    }
}

/// A known number of values is put without a call.
#[inline(always)]
fn put(out: &mut [f32], products: &[f32; OUTPUTS], previous: Previous) {
    match previous {
        Previous::Replaced => {
            for (out, product) in out.iter_mut().zip(products) {
                *out = *product;
            }
        }
        Previous::AddedTo => {
            for (out, product) in out.iter_mut().zip(products) {
                *out += product;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use rand::{Rng, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    use super::super::{Int8Kernel, Int8Panels, Int8Rows};
    use super::{Int8Products, MatrixMut, Previous};

    struct Case {
        rows: usize,
        inputs: usize,
        outputs: usize,
        activations: Vec<f32>,
        weight: Vec<f32>,
        before: Vec<f32>,
    }

    impl Case {
        fn draw(random: &mut ChaCha8Rng, number: usize) -> Self {
            let most = if number.is_multiple_of(8) { 700 } else { 130 };
            let [rows, outputs, inputs] = [70, 200, most].map(|most| random.random_range(1..most));
            // Some rows are long, some short, and now and then one is nothing at all.
            let mut draw = |rows: usize, columns: usize| -> Vec<f32> {
                let sizes: Vec<f32> =
                    (0..rows).map(|_| [0.0, 1.0, 1e-3, 300.0][random.random_range(0..4)]).collect();
                let values = sizes.iter().flat_map(|size| std::iter::repeat_n(*size, columns));
                values.map(|size| size * random.random_range(-1.0..1.0)).collect()
            };
            let (activations, weight) = (draw(rows, inputs), draw(outputs, inputs));
            Self { rows, inputs, outputs, activations, weight, before: draw(rows, outputs) }
        }

        fn products(&self, kernel: Int8Kernel, rows: std::ops::Range<usize>, previous: Previous) -> Vec<f32> {
            let mut panels = Int8Panels::default();
            let number = panels.push(&self.weight, self.inputs);
            let mut rounded = Int8Rows::new(kernel);
            // What was there before counts for nothing.
            rounded.round(&vec![3.0; 40 * 70], 70);
            rounded.round(&self.activations[rows.start * self.inputs..rows.end * self.inputs], self.inputs);
            let mut out = self.before[rows.start * self.outputs..rows.end * self.outputs].to_vec();
            let weight = panels.weight(number);
            let into = MatrixMut::new(&mut out, self.outputs);
            Int8Products::default().forward(into, previous, &rounded, weight);
            out
        }

        /// What is expected of rounded numbers, computed as the definition says it.
        fn exact(&self) -> Vec<f32> {
            let round = |values: &[f32]| -> Vec<(f64, Vec<i64>)> {
                let rows = values.chunks_exact(self.inputs).map(|row| {
                    let largest = row.iter().fold(0.0_f32, |largest, value| largest.max(value.abs()));
                    let inverse = if largest > 0.0 { 127.0 / largest } else { 0.0 };
                    let number = |value: &f32| (value * inverse).round_ties_even() as i64;
                    (f64::from(largest) / 127.0, row.iter().map(number).collect())
                });
                rows.collect()
            };
            let (rows, weight) = (round(&self.activations), round(&self.weight));
            let of_row = |(scale, row): &(f64, Vec<i64>)| -> Vec<f32> {
                let sum = |other: &Vec<i64>| row.iter().zip(other).map(|(a, b)| a * b).sum::<i64>();
                weight.iter().map(|(other, numbers)| (sum(numbers) as f64 * scale * other) as f32).collect()
            };
            rows.iter().flat_map(of_row).collect()
        }
    }

    #[test]
    fn every_kernel_for_int8_gives_the_same_bits_for_every_shape() {
        let mut random = ChaCha8Rng::seed_from_u64(8);
        for number in 0..60 {
            let case = Case::draw(&mut random, number);
            let what = format!("{} rows, {} of {}", case.rows, case.outputs, case.inputs);
            let all = 0..case.rows;
            let [portable, added] = [Previous::Replaced, Previous::AddedTo]
                .map(|previous| case.products(Int8Kernel::Portable, all.clone(), previous));
            for (found, exact) in portable.iter().zip(case.exact()) {
                assert!((found - exact).abs() <= 1e-6 * exact.abs(), "{what}: {found} for {exact}");
            }
            for ((added, before), product) in added.iter().zip(&case.before).zip(&portable) {
                assert_eq!(*added, before + product, "{what}");
            }
            for kernel in Int8Kernel::all() {
                for (previous, expected) in [(Previous::Replaced, &portable), (Previous::AddedTo, &added)] {
                    let found = case.products(kernel, all.clone(), previous);
                    assert!(found == *expected, "{kernel:?}, {previous:?}, {what}");
                }
                let row = random.random_range(0..case.rows);
                let some = row..random.random_range(row + 1..=case.rows);
                let alone = case.products(kernel, some.clone(), Previous::Replaced);
                let expected = &portable[some.start * case.outputs..some.end * case.outputs];
                assert!(alone == expected, "{kernel:?}: rows {some:?} alone of {what}");
            }
        }
    }

    #[test]
    fn the_largest_numbers_of_both_signs_are_summed_up_exactly() {
        for kernel in Int8Kernel::all() {
            for (left, right) in [(1.0, 1.0), (-1.0, 1.0), (1.0, -1.0), (-1.0, -1.0)] {
                let (inputs, outputs) = (4096, 33);
                let mut panels = Int8Panels::default();
                let number = panels.push(&vec![right; inputs * outputs], inputs);
                let mut rows = Int8Rows::new(kernel);
                rows.round(&vec![left; 7 * inputs], inputs);
                let mut out = vec![0.0; 7 * outputs];
                let weight = panels.weight(number);
                let into = MatrixMut::new(&mut out, outputs);
                Int8Products::default().forward(into, Previous::Replaced, &rows, weight);
                let expected = left * right * inputs as f32;
                assert!(out.iter().all(|sum| (sum - expected).abs() < 1e-2), "{kernel:?}: {}", out[0]);
            }
        }
    }

    #[test]
    fn what_is_no_number_stays_none_in_its_row() {
        for kernel in Int8Kernel::all() {
            for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
                let mut activations = vec![1.0; 9 * 40];
                activations[3 * 40 + 7] = bad;
                let mut panels = Int8Panels::default();
                let number = panels.push(&vec![0.5; 40 * 40], 40);
                let mut rows = Int8Rows::new(kernel);
                rows.round(&activations, 40);
                let mut out = vec![0.0; 9 * 40];
                let weight = panels.weight(number);
                Int8Products::default().forward(
                    MatrixMut::new(&mut out, 40),
                    Previous::Replaced,
                    &rows,
                    weight,
                );
                for (row, sums) in out.chunks_exact(40).enumerate() {
                    assert!(sums.iter().all(|sum| sum.is_finite() == (row != 3)), "{kernel:?}, row {row}");
                }
            }
        }
    }
}
