//! Products of bf16 matrices, on one thread, block by block, with sums in f32.
//!
//! One panel of 32 columns at a time, and of that 256 of depth, which stay in a core's first cache while all rows of the
//! left factor pass by.
//! Invariants: the order of a sum depends on its depth alone; what was computed before changes nothing.

use std::ops::Range;

use half::bf16;

use super::blocks::{Block, BlockKernel, BlockOut, DEPTH, SIDE, Source};
use super::lines::{Line, WideLine};
use super::panels::PanelRows;
use super::products::{Matrix, MatrixMut, Previous};
use super::value::Value;
use crate::vectors::{Kernel, vectorised};

/// Blocks of a panel that are taken at once: with as many rows of the left factor they fit a core's first cache.
const BLOCKS: usize = 8;

/// What a product is written to.
#[derive(Debug)]
pub(crate) enum Written<'a, V> {
    /// Rounded.
    Narrow(MatrixMut<'a, V>),
    /// As it is, over what was there or added to it.
    Wide(MatrixMut<'a>, Previous),
}

impl<V> Written<'_, V> {
    /// How many blocks of 32 rows of a panel can be summed up where they belong: all whole ones, if they are wide.
    fn blocks_in_place(&self, panel: usize) -> usize {
        match self {
            Self::Wide(out, _) if (panel + 1) * SIDE <= out.columns => out.rows / SIDE,
            _ => 0,
        }
    }

    pub(crate) fn width(&self) -> usize {
        match self {
            Self::Narrow(out) => out.columns,
            Self::Wide(out, _) => out.columns,
        }
    }
}

/// Multiplies on one thread; its memory is kept from product to product.
#[derive(Debug)]
pub(crate) struct BlockProducts {
    kernel: BlockKernel,
    left: Vec<Line>,
    /// Of a product without frozen weights.
    right: Vec<Line>,
    /// Blocks of a frozen weight for its other direction.
    turned: Vec<Line>,
    /// `[rows, SIDE]`, of a panel.
    sums: Vec<WideLine>,
}

/// A factor in blocks.
#[derive(Debug, Clone, Copy)]
enum Right<'a> {
    /// `[depth, columns]`: for each panel of columns `blocks` blocks; from far away if they are a frozen weight's.
    Packed { lines: &'a [Line], blocks: usize, columns: usize, far: bool },
    /// What is packed is the transposed matrix.
    Turned(PanelRows<'a>),
}

impl<'a> Right<'a> {
    /// The blocks of a panel from this one of depth on, `deep` of them; in `turned` where they have to be.
    fn lines<'t>(
        &self,
        panel: usize,
        depth: usize,
        deep: usize,
        kernel: BlockKernel,
        turned: &'t mut [Line],
    ) -> &'t [Line]
    where
        'a: 't,
    {
        match *self {
            Self::Packed { lines, blocks, .. } => &lines[(panel * blocks + depth) * DEPTH..][..deep * DEPTH],
            Self::Turned(weight) => {
                let from = weight.lines.as_chunks::<DEPTH>().0.iter();
                let from = from.skip(depth * weight.blocks() + panel).step_by(weight.blocks());
                let into = turned.as_chunks_mut::<DEPTH>().0;
                from.zip(&mut into[..deep]).for_each(|(from, into)| kernel.turn(from, into));
                &turned[..deep * DEPTH]
            }
        }
    }

    /// Lets some of the lines come nearer that [`Self::lines`] reads next.
    fn prefetch(&self, panel: usize, depth: usize, deep: usize, lines: Range<usize>) {
        match *self {
            Self::Packed { far: false, .. } => {}
            Self::Packed { lines: all, blocks, .. } => {
                let next = (panel * blocks + depth + deep) * DEPTH;
                let end = all.len().min(next + lines.end);
                all.get(next + lines.start..end).unwrap_or_default().iter().for_each(Line::prefetch);
            }
            Self::Turned(weight) => {
                for line in lines {
                    let block = (depth + line / DEPTH) * weight.blocks() + panel + 1;
                    if let Some(line) = weight.lines.get(block * DEPTH + line % DEPTH) {
                        line.prefetch();
                    }
                }
            }
        }
    }

    fn columns(&self) -> usize {
        match self {
            Self::Packed { columns, .. } => *columns,
            Self::Turned(weight) => weight.inputs,
        }
    }
}

impl BlockProducts {
    pub(crate) fn new(kernel: BlockKernel) -> Self {
        Self { kernel, left: Vec::new(), right: Vec::new(), turned: Vec::new(), sums: Vec::new() }
    }

    /// `left · weightᵀ`.
    ///
    /// # Panics
    /// If the matrices do not fit each other, which is a fault of the caller, as in the other two.
    pub(crate) fn forward(&mut self, out: Written<'_, bf16>, left: Matrix<'_, bf16>, weight: PanelRows<'_>) {
        assert_eq!(left.columns, weight.inputs, "a product with a frozen weight");
        let (lines, blocks, columns) = (weight.lines, weight.blocks(), weight.outputs);
        let right = Right::Packed { lines, blocks, columns, far: true };
        self.run(out, left, right);
    }

    /// `left · weight`.
    pub(crate) fn backward(&mut self, out: Written<'_, bf16>, left: Matrix<'_, bf16>, weight: PanelRows<'_>) {
        assert_eq!(left.columns, weight.outputs, "a product with a frozen weight");
        self.run(out, left, Right::Turned(weight));
    }

    /// `left · right`.
    pub(crate) fn multiply(
        &mut self,
        out: Written<'_, bf16>,
        left: Matrix<'_, bf16>,
        right: Matrix<'_, bf16>,
    ) {
        assert_eq!(left.columns, right.rows, "the depth of a product");
        let blocks = right.rows.div_ceil(DEPTH);
        let mut lines = std::mem::take(&mut self.right);
        let count = right.columns.div_ceil(SIDE) * blocks * DEPTH;
        if lines.len() < count {
            lines.resize(count, Line::ZERO);
        }
        if right.column_step == 1 {
            self.kernel.pack_down(memory_of(right), &mut lines[..count]);
        } else {
            self.kernel.pack_along(memory_of(right.transposed()), &mut lines[..count]);
        }
        let packed = Right::Packed { lines: &lines[..count], blocks, columns: right.columns, far: false };
        self.run(out, left, packed);
        self.right = lines;
    }

    fn run(&mut self, mut out: Written<'_, bf16>, left: Matrix<'_, bf16>, right: Right<'_>) {
        let (rows, columns) = (left.rows, right.columns());
        let shape = match &out {
            Written::Narrow(out) => (out.rows, out.columns),
            Written::Wide(out, _) => (out.rows, out.columns),
        };
        assert_eq!(shape, (rows, columns), "rows and columns of a product");
        if rows == 0 || columns == 0 || left.columns == 0 {
            return;
        }
        assert!(left.extent() <= left.values.len());
        let Self { kernel, left: packed, turned, sums, .. } = self;
        let (row_blocks, depth_blocks) = (rows.div_ceil(SIDE), left.columns.div_ceil(DEPTH));
        let count = row_blocks * depth_blocks * SIDE;
        if packed.len() < count {
            packed.resize(count, Line::ZERO);
        }
        if left.column_step == 1 {
            kernel.pack_rows(memory_of(left), &mut packed[..count]);
        } else {
            kernel.pack_columns(memory_of(left.transposed()), &mut packed[..count]);
        }
        if turned.is_empty() {
            turned.resize(BLOCKS * DEPTH, Line::ZERO);
        }
        if sums.len() < row_blocks * SIDE * SIDE / 16 {
            sums.resize(row_blocks * SIDE * SIDE / 16, WideLine::ZERO);
        }
        let ready = kernel.ready();
        for panel in 0..columns.div_ceil(SIDE) {
            let in_place = out.blocks_in_place(panel);
            for depth in (0..depth_blocks).step_by(BLOCKS) {
                let deep = BLOCKS.min(depth_blocks - depth);
                let lines = right.lines(panel, depth, deep, *kernel, turned);
                let soon = deep * DEPTH / row_blocks + 1;
                for block in 0..row_blocks {
                    right.prefetch(panel, depth, deep, block * soon..(block + 1) * soon);
                    let left = &packed[(block * depth_blocks + depth) * SIDE..][..deep * SIDE];
                    let into = match &mut out {
                        Written::Wide(out, previous) if block < in_place => BlockOut {
                            values: &mut out.values[block * SIDE * out.row_step + panel * SIDE..],
                            stride: out.row_step,
                            adds: depth > 0 || *previous == Previous::AddedTo,
                        },
                        _ => BlockOut {
                            values: &mut WideLine::values_mut(sums)[block * SIDE * SIDE..],
                            stride: SIDE,
                            adds: depth > 0,
                        },
                    };
                    ready.multiply(Block { left, right: lines }, into);
                }
            }
            let first = in_place * SIDE;
            let sums = WideLine::values(&sums[first * SIDE / 16..rows.max(first) * SIDE / 16]);
            vectorised(WriteOut { sums, first, panel, out: &mut out });
        }
    }
}

/// Row-major memory, whatever the matrix calls its rows.
///
/// # Panics
/// If neither its rows nor its columns lie in one piece, which is a fault of the caller.
fn memory_of(matrix: Matrix<'_, bf16>) -> Source<'_> {
    assert!(matrix.column_step == 1 || matrix.columns <= 1, "a matrix with gaps in its rows");
    let Matrix { values, rows, columns, row_step, .. } = matrix;
    Source { values, stride: row_step, rows, columns }
}

/// Takes the sums of a panel to where they belong.
struct WriteOut<'a, 'o> {
    /// `[rows, SIDE]`.
    sums: &'a [f32],
    /// The first row.
    first: usize,
    panel: usize,
    out: &'a mut Written<'o, bf16>,
}

impl Kernel for WriteOut<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let column = self.panel * SIDE;
        let rows = (self.first..).zip(self.sums.as_chunks::<SIDE>().0);
        match self.out {
            Written::Narrow(MatrixMut { values, columns, row_step, .. }) => {
                let count = SIDE.min(*columns - column);
                for (row, sums) in rows {
                    let out = &mut values[row * *row_step + column..][..count];
                    for (out, sum) in out.iter_mut().zip(sums) {
                        *out = <bf16 as Value>::narrow(*sum);
                    }
                }
            }
            Written::Wide(MatrixMut { values, columns, row_step, .. }, previous) => {
                let count = SIDE.min(*columns - column);
                for (row, sums) in rows {
                    let out = &mut values[row * *row_step + column..][..count];
                    for (out, sum) in out.iter_mut().zip(sums) {
                        *out = if *previous == Previous::AddedTo { *out + sum } else { *sum };
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::ops::Range;

    use half::bf16;
    use rand::{Rng, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    use super::{BlockKernel, BlockProducts, Matrix, MatrixMut, Previous, Value, Written};
    use crate::kernels::Panels;

    /// Values that lie in columns `margin..` of rows that are wider on both sides.
    struct Margined {
        values: Vec<bf16>,
        width: usize,
        columns: Range<usize>,
    }

    impl Margined {
        fn draw(random: &mut ChaCha8Rng, rows: usize, columns: usize) -> Self {
            let margin = random.random_range(0..40);
            let width = columns + 2 * margin;
            let draw = |_| <bf16 as Value>::narrow(random.random_range(-1.0..1.0));
            Self { values: (0..rows * width).map(draw).collect(), width, columns: margin..margin + columns }
        }

        fn matrix(&self) -> Matrix<'_, bf16> {
            Matrix::new(&self.values, self.width).columns(self.columns.clone())
        }

        fn at(&self, row: usize, column: usize) -> f64 {
            f64::from(self.values[row * self.width + self.columns.start + column].widen())
        }
    }

    /// A product into the middle of something larger, whose other values must stay, rounded, replacing and adding.
    fn check(
        what: &str,
        random: &mut ChaCha8Rng,
        [rows, columns, depth]: [usize; 3],
        at: impl Fn(usize, usize) -> f64,
        mut product: impl FnMut(Written<'_, bf16>),
    ) {
        let margin = random.random_range(0..20);
        let width = columns + 2 * margin;
        let before: Vec<f32> = (0..rows * width).map(|_| random.random_range(-1.0..1.0)).collect();
        let (mut replaced, mut added) = (before.clone(), before.clone());
        let mut narrow: Vec<bf16> = before.iter().map(|value| <bf16 as Value>::narrow(*value)).collect();
        let narrow_before = narrow.clone();
        let inside = margin..margin + columns;
        product(Written::Wide(
            MatrixMut::new(&mut replaced, width).columns(inside.clone()),
            Previous::Replaced,
        ));
        product(Written::Wide(MatrixMut::new(&mut added, width).columns(inside.clone()), Previous::AddedTo));
        product(Written::Narrow(MatrixMut::new(&mut narrow, width).columns(inside.clone())));
        for place in 0..rows * width {
            let (row, column) = (place / width, place % width);
            if !inside.contains(&column) {
                assert_eq!(replaced[place], before[place], "{what}: a value beside the product was changed");
                assert_eq!(added[place], before[place], "{what}: a value beside the product was changed");
                assert_eq!(
                    narrow[place], narrow_before[place],
                    "{what}: a value beside the product was changed"
                );
                continue;
            }
            let expected = at(row, column - margin);
            let near = |found: f64, expected: f64, relative: f64| {
                let error = (found - expected).abs();
                assert!(
                    error <= 1e-5 * depth as f64 + relative * expected.abs(),
                    "{what}: {found} for {expected}"
                );
            };
            near(replaced[place].into(), expected, 0.0);
            near(added[place].into(), expected + f64::from(before[place]), 0.0);
            near(narrow[place].widen().into(), expected, 1.0 / 256.0);
        }
    }

    #[test]
    fn every_kernel_gives_the_sums_of_products_of_every_shape_and_layout() {
        for kernel in BlockKernel::all() {
            let mut random = ChaCha8Rng::seed_from_u64(4);
            let mut products = BlockProducts::new(kernel);
            for case in 0..60 {
                let most = if case % 10 == 0 { 600 } else { 100 };
                let [rows, columns, depth] = [100, 100, most].map(|most| random.random_range(1..most));
                let shape = [rows, columns, depth];
                let what = format!("{kernel:?}, {shape:?}");
                let left = Margined::draw(&mut random, rows, depth);
                let left_turned = Margined::draw(&mut random, depth, rows);
                let right = Margined::draw(&mut random, depth, columns);
                let right_turned = Margined::draw(&mut random, columns, depth);
                let sum = |left: &dyn Fn(usize) -> f64, right: &dyn Fn(usize) -> f64| {
                    (0..depth).map(|deep| left(deep) * right(deep)).sum::<f64>()
                };
                check(
                    &what,
                    &mut random,
                    shape,
                    |row, column| sum(&|deep| left.at(row, deep), &|deep| right.at(deep, column)),
                    |out| products.multiply(out, left.matrix(), right.matrix()),
                );
                check(
                    &what,
                    &mut random,
                    shape,
                    |row, column| {
                        sum(&|deep| left_turned.at(deep, row), &|deep| right_turned.at(column, deep))
                    },
                    |out| {
                        let (left, right) = (left_turned.matrix(), right_turned.matrix());
                        products.multiply(out, left.transposed(), right.transposed());
                    },
                );
            }
        }
    }

    #[test]
    fn every_kernel_gives_products_with_frozen_weights_in_both_directions() {
        for kernel in BlockKernel::all() {
            let mut random = ChaCha8Rng::seed_from_u64(5);
            let mut products = BlockProducts::new(kernel);
            for case in 0..40 {
                let most = if case % 10 == 0 { 600 } else { 100 };
                let [rows, outputs, inputs] = [100, 100, most].map(|most| random.random_range(1..most));
                let what = format!("{kernel:?}, {rows} rows, {outputs} of {inputs}");
                let weight = Margined::draw(&mut random, outputs, inputs);
                let (x, slope) =
                    (Margined::draw(&mut random, rows, inputs), Margined::draw(&mut random, rows, outputs));
                let wide: Vec<f32> = (0..outputs * inputs)
                    .map(|place| weight.at(place / inputs, place % inputs) as f32)
                    .collect();
                let mut panels = Panels::default();
                panels.push(kernel, &wide, inputs);
                let packed = panels.weight(0);
                // Some of its outputs, from the start of a panel.
                let first = random.random_range(0..outputs.div_ceil(32)) * 32;
                let some = first..random.random_range(first + 1..=outputs);
                let of_some =
                    Margined { columns: slope.columns.start..slope.columns.start + some.len(), ..slope };
                check(
                    &what,
                    &mut random,
                    [rows, some.len(), inputs],
                    |row, column| {
                        (0..inputs).map(|deep| x.at(row, deep) * weight.at(some.start + column, deep)).sum()
                    },
                    |out| products.forward(out, x.matrix(), packed.outputs(some.clone())),
                );
                check(
                    &what,
                    &mut random,
                    [rows, inputs, some.len()],
                    |row, column| {
                        let deep = 0..some.len();
                        deep.map(|deep| of_some.at(row, deep) * weight.at(some.start + deep, column)).sum()
                    },
                    |out| products.backward(out, of_some.matrix(), packed.outputs(some.clone())),
                );
            }
        }
    }

    #[test]
    fn what_is_no_number_stays_none() {
        for kernel in BlockKernel::all() {
            let mut products = BlockProducts::new(kernel);
            for bad in [f32::NAN, f32::INFINITY] {
                let mut left = vec![bf16::ONE; 40 * 40];
                left[7 * 40 + 3] = <bf16 as Value>::narrow(bad);
                let mut out = vec![0.0; 40 * 40];
                let into = Written::Wide(MatrixMut::new(&mut out, 40), Previous::Replaced);
                products.multiply(into, Matrix::new(&left, 40), Matrix::new(&[bf16::ONE; 1600], 40));
                for (row, sums) in out.chunks_exact(40).enumerate() {
                    assert!(sums.iter().all(|sum| sum.is_finite() == (row != 7)), "{kernel:?}, row {row}");
                }
            }
        }
    }
}
