//! Products of bf16 matrices, on one thread, block by block, with sums in f32.
//!
//! 64 columns at a time: their sums stay in the second cache until they are written out, and 256 of depth of a panel
//! stay in the first one while all rows of the left factor pass by.
//! Invariants: the order of a sum depends on its depth alone; what was computed before changes nothing.

use half::bf16;

use super::blocks::{Block, BlockKernel, BlockOut, DEPTH, SIDE, Source};
use super::lines::{Line, WideLine};
use super::panels::PanelRows;
use super::products::{Matrix, MatrixMut, Previous};
use super::value::Value;
use crate::vectors::{Kernel, vectorised};

/// Columns whose sums are kept at once.
const COLUMNS: usize = 2 * SIDE;
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
    right: Vec<Line>,
    /// A packed factor of a product without frozen weights.
    packed: Vec<Line>,
    /// `[rows, COLUMNS]`.
    sums: Vec<WideLine>,
}

/// A factor in blocks.
#[derive(Debug, Clone, Copy)]
enum Right<'a> {
    /// `[depth, columns]`: for each panel of columns `blocks` blocks.
    Packed { lines: &'a [Line], blocks: usize, columns: usize },
    /// What is packed is the transposed matrix.
    Turned(PanelRows<'a>),
}

impl Right<'_> {
    fn columns(&self) -> usize {
        match self {
            Self::Packed { columns, .. } => *columns,
            Self::Turned(weight) => weight.inputs,
        }
    }
}

impl BlockProducts {
    pub(crate) fn new(kernel: BlockKernel) -> Self {
        Self { kernel, left: Vec::new(), right: Vec::new(), packed: Vec::new(), sums: Vec::new() }
    }

    /// `left · weightᵀ`.
    ///
    /// # Panics
    /// If the matrices do not fit each other, which is a fault of the caller, as in the other two.
    pub(crate) fn forward(&mut self, out: Written<'_, bf16>, left: Matrix<'_, bf16>, weight: PanelRows<'_>) {
        assert_eq!(left.columns, weight.inputs, "a product with a frozen weight");
        let right = Right::Packed { lines: weight.lines, blocks: weight.blocks(), columns: weight.outputs };
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
        let mut lines = std::mem::take(&mut self.packed);
        let count = right.columns.div_ceil(SIDE) * blocks * DEPTH;
        if lines.len() < count {
            lines.resize(count, Line::ZERO);
        }
        if right.column_step == 1 {
            self.kernel.pack_down(memory_of(right), &mut lines[..count]);
        } else {
            self.kernel.pack_along(memory_of(right.transposed()), &mut lines[..count]);
        }
        let packed = Right::Packed { lines: &lines[..count], blocks, columns: right.columns };
        self.run(out, left, packed);
        self.packed = lines;
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
        let Self { kernel, left: copied, right: turned, sums, .. } = self;
        let left = LeftRows::new(*kernel, left, copied);
        let row_blocks = rows.div_ceil(SIDE);
        if sums.len() < row_blocks * SIDE * COLUMNS / 16 {
            sums.resize(row_blocks * SIDE * COLUMNS / 16, WideLine::ZERO);
        }
        if turned.is_empty() {
            turned.resize(BLOCKS * DEPTH, Line::ZERO);
        }
        let ready = kernel.ready();
        for first in (0..columns).step_by(COLUMNS) {
            for depth in (0..left.blocks).step_by(BLOCKS) {
                let deep = BLOCKS.min(left.blocks - depth);
                for panel in first / SIDE..columns.min(first + COLUMNS).div_ceil(SIDE) {
                    let lines = match right {
                        Right::Packed { lines, blocks, .. } => {
                            &lines[(panel * blocks + depth) * DEPTH..][..deep * DEPTH]
                        }
                        Right::Turned(weight) => {
                            let from = weight.lines.as_chunks::<DEPTH>().0.iter();
                            let from = from.skip(depth * weight.blocks() + panel).step_by(weight.blocks());
                            let into = turned.as_chunks_mut::<DEPTH>().0;
                            from.zip(&mut into[..deep]).for_each(|(from, into)| kernel.turn(from, into));
                            &turned[..deep * DEPTH]
                        }
                    };
                    let values = WideLine::values_mut(sums);
                    for block in 0..row_blocks {
                        let (rows, left_stride) = left.block(block, depth);
                        let place = block * SIDE * COLUMNS + panel * SIDE - first;
                        let (values, adds) = (&mut values[place..], depth > 0);
                        let block = Block { left: rows, left_stride, right: lines };
                        ready.multiply(block, BlockOut { values, stride: COLUMNS, adds });
                    }
                }
            }
            let sums = WideLine::values(&sums[..rows * COLUMNS / 16]);
            vectorised(WriteOut { sums, first, out: &mut out });
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

/// The left factor in blocks of 32 rows: where they are whole they are read in place, else from a copy.
struct LeftRows<'a> {
    values: &'a [bf16],
    stride: usize,
    /// How many blocks lie in `values`.
    in_place: usize,
    copied: &'a [bf16],
    /// Of depth.
    blocks: usize,
}

impl<'a> LeftRows<'a> {
    fn new(kernel: BlockKernel, left: Matrix<'a, bf16>, copied: &'a mut Vec<Line>) -> Self {
        let blocks = left.columns.div_ceil(DEPTH);
        let is_row_major = left.column_step == 1;
        let in_place = if is_row_major && left.columns.is_multiple_of(DEPTH) { left.rows / SIDE } else { 0 };
        let first = in_place * SIDE;
        let count = (left.rows - first).div_ceil(SIDE) * SIDE * blocks;
        if copied.len() < count {
            copied.resize(count, Line::ZERO);
        }
        let lines = &mut copied[..count];
        if is_row_major {
            for (row, lines) in lines.chunks_exact_mut(blocks).enumerate() {
                let values = Line::values_mut(lines);
                let filled = if first + row < left.rows { left.columns } else { 0 };
                let start = (first + row) * left.row_step;
                values[..filled].copy_from_slice(left.values.get(start..start + filled).unwrap_or_default());
                values[filled..].fill(bf16::ZERO);
            }
        } else {
            kernel.transpose(memory_of(left.transposed()), lines);
        }
        let copied = Line::values(lines);
        Self { values: left.values, stride: left.row_step, in_place, copied, blocks }
    }

    /// The rows of a block from this block of depth on, and the way from one to the next.
    fn block(&self, block: usize, depth: usize) -> (&[bf16], usize) {
        match block.checked_sub(self.in_place) {
            None => (&self.values[block * SIDE * self.stride + depth * DEPTH..], self.stride),
            Some(block) => {
                let stride = self.blocks * DEPTH;
                (&self.copied[block * SIDE * stride + depth * DEPTH..], stride)
            }
        }
    }
}

/// Takes the sums of up to 64 columns to where they belong.
struct WriteOut<'a, 'o> {
    /// `[rows, COLUMNS]`.
    sums: &'a [f32],
    /// The first column.
    first: usize,
    out: &'a mut Written<'o, bf16>,
}

impl Kernel for WriteOut<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let rows = self.sums.chunks_exact(COLUMNS).enumerate();
        match self.out {
            Written::Narrow(MatrixMut { values, columns, row_step, .. }) => {
                let count = COLUMNS.min(*columns - self.first);
                for (row, sums) in rows {
                    let out = &mut values[row * *row_step + self.first..][..count];
                    for (out, sum) in out.iter_mut().zip(sums) {
                        *out = <bf16 as Value>::narrow(*sum);
                    }
                }
            }
            Written::Wide(MatrixMut { values, columns, row_step, .. }, previous) => {
                let count = COLUMNS.min(*columns - self.first);
                for (row, sums) in rows {
                    let out = &mut values[row * *row_step + self.first..][..count];
                    match previous {
                        Previous::Replaced => out.copy_from_slice(&sums[..count]),
                        Previous::AddedTo => {
                            for (out, sum) in out.iter_mut().zip(sums) {
                                *out += sum;
                            }
                        }
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
                let panels = Panels::pack(kernel, &wide, inputs);
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
                    |out| products.forward(out, x.matrix(), panels.all().outputs(some.clone())),
                );
                check(
                    &what,
                    &mut random,
                    [rows, inputs, some.len()],
                    |row, column| {
                        let deep = 0..some.len();
                        deep.map(|deep| of_some.at(row, deep) * weight.at(some.start + deep, column)).sum()
                    },
                    |out| products.backward(out, of_some.matrix(), panels.all().outputs(some.clone())),
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
