//! Every kernel of this machine against sums of products in f64, over random shapes.

use std::fmt::Debug;
use std::ops::Range;

use half::bf16;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::{
    Bf16Kernel, BlockProducts, Blocked, F32Kernel, Matrix, MatrixMut, PanelRows, Panels, Previous, Written,
};

/// How far a sum in f32 may be from the true one, for each of its products: their factors are at most 1.
const A_PRODUCT: f64 = 2e-7;

/// Numbers with all kernels that multiply them, and by which share of itself one may be off.
trait Tested: Blocked {
    const ROUNDING: f64;

    fn kernels() -> Vec<Self::Kernel>;
}

impl Tested for f32 {
    const ROUNDING: f64 = 0.0;

    fn kernels() -> Vec<F32Kernel> {
        F32Kernel::all()
    }
}

impl Tested for bf16 {
    const ROUNDING: f64 = 1.0 / 256.0;

    fn kernels() -> Vec<Bf16Kernel> {
        Bf16Kernel::all()
    }
}

/// A dimension from 1 on: often a small one, often one beside a border of blocks, sometimes a large one.
fn dimension(random: &mut ChaCha8Rng) -> usize {
    match random.random_range(0..4) {
        0 => random.random_range(1..=16),
        1 => 32 * random.random_range(1..=5) + random.random_range(0..=2) - 1,
        2 => random.random_range(1..=130),
        _ if cfg!(miri) => random.random_range(1..=50),
        _ => random.random_range(200..=530),
    }
}

/// Under Miri a product takes a thousand times as long.
fn cases(number: u64) -> Range<u64> {
    0..if cfg!(miri) { 4 } else { number }
}

/// Values that lie in columns `margin..` of rows that are wider on both sides.
struct Margined<V> {
    values: Vec<V>,
    width: usize,
    columns: Range<usize>,
}

impl<V: Tested> Margined<V> {
    fn draw(random: &mut ChaCha8Rng, rows: usize, columns: usize) -> Self {
        let margin = random.random_range(0..40);
        let width = columns + 2 * margin;
        let draw = |_| V::narrow(random.random_range(-1.0..1.0));
        Self { values: (0..rows * width).map(draw).collect(), width, columns: margin..margin + columns }
    }

    fn matrix(&self) -> Matrix<'_, V> {
        Matrix::new(&self.values, self.width).columns(self.columns.clone())
    }

    fn at(&self, row: usize, column: usize) -> f64 {
        f64::from(self.values[row * self.width + self.columns.start + column].widen())
    }
}

/// A product into the middle of something larger, whose other values must stay, rounded, replacing and adding.
fn check<V: Tested>(
    what: &str,
    random: &mut ChaCha8Rng,
    [rows, columns, depth]: [usize; 3],
    factors: impl Fn(usize, usize, usize) -> [f64; 2],
    mut product: impl FnMut(Written<'_, V>),
) {
    let margin = random.random_range(0..20);
    let width = columns + 2 * margin;
    let before: Vec<f32> = (0..rows * width).map(|_| random.random_range(-1.0..1.0)).collect();
    let (mut replaced, mut added) = (before.clone(), before.clone());
    let mut narrow: Vec<V> = before.iter().map(|value| V::narrow(*value)).collect();
    let narrow_before = narrow.clone();
    let inside = margin..margin + columns;
    product(Written::Wide(MatrixMut::new(&mut replaced, width).columns(inside.clone()), Previous::Replaced));
    product(Written::Wide(MatrixMut::new(&mut added, width).columns(inside.clone()), Previous::AddedTo));
    product(Written::Narrow(MatrixMut::new(&mut narrow, width).columns(inside.clone())));
    for place in 0..rows * width {
        let (row, column) = (place / width, place % width);
        if !inside.contains(&column) {
            let is_unchanged = replaced[place] == before[place]
                && added[place] == before[place]
                && narrow[place].widen() == narrow_before[place].widen();
            assert!(is_unchanged, "{what}: a value beside the product was changed");
            continue;
        }
        let expected: f64 = (0..depth)
            .map(|deep| factors(row, column - margin, deep))
            .map(|[left, right]| left * right)
            .sum();
        let near = |found: f64, expected: f64, rounding: f64| {
            let error = (found - expected).abs();
            let allowed = A_PRODUCT * (depth + 2) as f64 + rounding * expected.abs();
            assert!(error <= allowed, "{what}, at {row}, {column}: {found} for {expected}");
        };
        near(replaced[place].into(), expected, 0.0);
        near(added[place].into(), expected + f64::from(before[place]), 0.0);
        near(narrow[place].widen().into(), expected, V::ROUNDING);
    }
}

fn multiplies_every_shape_and_layout<V: Tested>()
where
    V::Kernel: Debug,
{
    for (kernel, seed) in
        V::kernels().into_iter().flat_map(|kernel| cases(30).map(move |seed| (kernel, seed)))
    {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let mut products = BlockProducts::<V>::new(kernel);
        // What the last product left in the buffers must not be seen by the next.
        for turn in 0..2 {
            let [rows, columns, depth] = [(); 3].map(|()| dimension(&mut random));
            let shape = [rows, columns, depth];
            let what = format!("{kernel:?}, seed {seed}, product {turn} of {shape:?}");
            let left = Margined::<V>::draw(&mut random, rows, depth);
            let left_turned = Margined::<V>::draw(&mut random, depth, rows);
            let right = Margined::<V>::draw(&mut random, depth, columns);
            let right_turned = Margined::<V>::draw(&mut random, columns, depth);
            check::<V>(
                &what,
                &mut random,
                shape,
                |row, column, deep| [left.at(row, deep), right.at(deep, column)],
                |out| products.multiply(out, left.matrix(), right.matrix()),
            );
            check::<V>(
                &what,
                &mut random,
                shape,
                |row, column, deep| [left_turned.at(deep, row), right_turned.at(column, deep)],
                |out| {
                    let (left, right) = (left_turned.matrix(), right_turned.matrix());
                    products.multiply(out, left.transposed(), right.transposed());
                },
            );
        }
    }
}

#[test]
fn every_kernel_gives_the_sums_of_products_of_every_shape_and_layout() {
    multiplies_every_shape_and_layout::<f32>();
    multiplies_every_shape_and_layout::<bf16>();
}

/// Frozen weights of these shapes, and their values as the panels hold them.
fn panels_of<V: Tested>(kernel: V::Kernel, weights: &[(&Margined<V>, usize)]) -> Panels<V> {
    let shapes = weights.iter().map(|(weight, inputs)| [weight.values.len() / inputs, *inputs]);
    let mut panels = Panels::with_room_for(shapes);
    for (weight, inputs) in weights {
        let values: Vec<f32> = weight.values.iter().map(|value| value.widen()).collect();
        panels.push(kernel, &values, *inputs);
    }
    panels
}

fn without_margin<V: Tested>(random: &mut ChaCha8Rng, rows: usize, columns: usize) -> Margined<V> {
    let values = (0..rows * columns).map(|_| V::narrow(random.random_range(-1.0..1.0))).collect();
    Margined { values, width: columns, columns: 0..columns }
}

fn multiplies_with_frozen_weights<V: Tested>()
where
    V::Kernel: Debug,
{
    for (kernel, seed) in
        V::kernels().into_iter().flat_map(|kernel| cases(25).map(move |seed| (kernel, seed)))
    {
        let mut random = ChaCha8Rng::seed_from_u64(1000 + seed);
        let [rows, outputs, inputs] = [(); 3].map(|()| dimension(&mut random));
        let other = without_margin(&mut random, 33, 7);
        let weight = without_margin(&mut random, outputs, inputs);
        // Another weight before it, so that it does not begin where the memory does.
        let panels = panels_of::<V>(kernel, &[(&other, 7), (&weight, inputs)]);
        let packed = panels.weight(1);
        let mut products = BlockProducts::<V>::new(kernel);
        let start = random.random_range(0..outputs.div_ceil(32)) * 32;
        for range in [0..outputs, start..random.random_range(start + 1..=outputs)] {
            let what = format!(
                "{kernel:?}, seed {seed}, {rows} rows with outputs {range:?} of {outputs}, {inputs} inputs"
            );
            let x = Margined::draw(&mut random, rows, inputs);
            let slope = Margined::draw(&mut random, rows, range.len());
            check::<V>(
                &what,
                &mut random,
                [rows, range.len(), inputs],
                |row, column, deep| [x.at(row, deep), weight.at(range.start + column, deep)],
                |out| products.forward(out, x.matrix(), packed.outputs(range.clone())),
            );
            check::<V>(
                &what,
                &mut random,
                [rows, inputs, range.len()],
                |row, column, deep| [slope.at(row, deep), weight.at(range.start + deep, column)],
                |out| products.backward(out, slope.matrix(), packed.outputs(range.clone())),
            );
        }
    }
}

#[test]
fn every_kernel_gives_products_with_frozen_weights_in_both_directions() {
    multiplies_with_frozen_weights::<f32>();
    multiplies_with_frozen_weights::<bf16>();
}

/// A value that is no number, or none that is finite, is in its row or column of each product and nowhere else.
fn keeps_what_is_no_number<V: Tested>()
where
    V::Kernel: Debug,
{
    const SIDE: usize = 43;
    let ones = vec![V::narrow(1.0); SIDE * SIDE];
    for (kernel, bad) in
        V::kernels().into_iter().flat_map(|kernel| [(kernel, f32::NAN), (kernel, f32::INFINITY)])
    {
        let mut products = BlockProducts::<V>::new(kernel);
        let mut with_one = ones.clone();
        with_one[7 * SIDE + 41] = V::narrow(bad);
        let holder = Margined { values: with_one.clone(), width: SIDE, columns: 0..SIDE };
        let panels = panels_of::<V>(kernel, &[(&holder, SIDE)]);
        let weight: PanelRows<'_, V> = panels.weight(0);
        let [all, bad_one] = [&ones, &with_one].map(|values| Matrix::new(values, SIDE));
        let mut run = |what: &str,
                       product: &dyn Fn(&mut BlockProducts<V>, Written<'_, V>),
                       hit: &dyn Fn(usize, usize) -> bool| {
            let mut sums = vec![0.0; SIDE * SIDE];
            product(&mut products, Written::Wide(MatrixMut::new(&mut sums, SIDE), Previous::Replaced));
            let mut narrow = vec![V::default(); SIDE * SIDE];
            product(&mut products, Written::Narrow(MatrixMut::new(&mut narrow, SIDE)));
            for (place, (sum, narrow)) in sums.into_iter().zip(narrow).enumerate() {
                let (row, column) = (place / SIDE, place % SIDE);
                for found in [sum, narrow.widen()] {
                    assert_eq!(
                        found.is_finite(),
                        !hit(row, column),
                        "{kernel:?}, {what}, {bad}: {row}, {column}"
                    );
                    assert!(!hit(row, column) || !bad.is_nan() || found.is_nan());
                }
            }
        };
        run("left", &|products, out| products.multiply(out, bad_one, all), &|row, _| row == 7);
        run(
            "left, transposed",
            &|products, out| products.multiply(out, bad_one.transposed(), all),
            &|row, _| row == 41,
        );
        run("right", &|products, out| products.multiply(out, all, bad_one), &|_, column| column == 41);
        run(
            "right, transposed",
            &|products, out| products.multiply(out, all, bad_one.transposed()),
            &|_, column| column == 7,
        );
        run("weight, forward", &|products, out| products.forward(out, all, weight), &|_, column| column == 7);
        run("weight, backward", &|products, out| products.backward(out, all, weight), &|_, column| {
            column == 41
        });
    }
}

#[test]
fn what_is_no_number_stays_none_and_is_in_no_other_place() {
    keeps_what_is_no_number::<f32>();
    keeps_what_is_no_number::<bf16>();
}

#[test]
#[should_panic(expected = "the depth of a product")]
fn matrices_that_do_not_fit_are_refused_before_anything_is_touched() {
    let mut out = [0.0; 4];
    let into = Written::Wide(MatrixMut::new(&mut out, 2), Previous::Replaced);
    BlockProducts::<f32>::new(F32Kernel::Portable).multiply(
        into,
        Matrix::new(&[0.0; 6], 3),
        Matrix::new(&[0.0; 4], 2),
    );
}

fn unpacks_what_was_packed<V: Tested>()
where
    V::Kernel: Debug,
{
    let shapes = [[1, 1], [33, 70], [64, 32], [95, 31]];
    for kernel in V::kernels() {
        let mut panels = Panels::<V>::with_room_for(shapes.into_iter());
        for (number, [outputs, inputs]) in shapes.into_iter().enumerate() {
            let values: Vec<f32> = (0..outputs * inputs).map(|place| place as f32 - 500.0).collect();
            panels.push(kernel, &values, inputs);
            for (output, values) in values.chunks_exact(inputs).enumerate() {
                let found: Vec<f32> = panels.weight(number).row(output).map(V::widen).collect();
                let expected: Vec<f32> = values.iter().map(|value| V::narrow(*value).widen()).collect();
                assert_eq!(found, expected, "{kernel:?}: {output} of {outputs}");
            }
        }
    }
}

#[test]
fn a_row_of_packed_weights_is_what_was_packed() {
    unpacks_what_was_packed::<f32>();
    unpacks_what_was_packed::<bf16>();
}
