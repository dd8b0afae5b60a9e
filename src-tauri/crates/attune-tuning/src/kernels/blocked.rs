//! Products of matrices on one thread, block by block, with sums in f32.
//!
//! One panel of 32 columns at a time, and of that a few blocks of depth, which stay in a core's first cache while all
//! rows of the left factor pass by.
//! Invariants: the order of a sum depends on its depth alone; what was computed before changes nothing.

use std::ops::Range;

use super::blocks::{Block, BlockOut, Blocked, DEPTH, SIDE, Source};
use super::lines::{WideLine, prefetch};
use super::matrices::{Matrix, MatrixMut, Previous};
use super::panels::PanelRows;
use super::value::Value;
use crate::vectors::{Kernel, vectorised};

/// What a product is written to.
#[derive(Debug)]
pub(crate) enum Written<'a, V> {
    /// Rounded.
    Narrow(MatrixMut<'a, V>),
    /// As it is, over what was there or added to it.
    Wide(MatrixMut<'a>, Previous),
}

impl<V: Blocked> Written<'_, V> {
    /// How many rows of a panel can be summed up where they belong: all that make whole steps, if they are wide.
    fn rows_in_place(&self, panel: usize) -> usize {
        match self {
            Self::Wide(out, _) if (panel + 1) * SIDE <= out.columns => {
                if V::ROW_STEP == 1 {
                    out.rows
                } else {
                    out.rows / V::ROWS * V::ROWS
                }
            }
            _ => 0,
        }
    }
}

/// Multiplies on one thread; its memory is kept from product to product.
#[derive(Debug)]
pub(crate) struct BlockProducts<V: Blocked> {
    kernel: V::Kernel,
    left: Vec<V::Line>,
    /// Of a product without frozen weights.
    right: Vec<V::Line>,
    /// Blocks of a frozen weight for its other direction.
    turned: Vec<V::Line>,
    /// `[rows, SIDE]`, of a panel.
    sums: Vec<WideLine>,
    /// Multiply-adds that kernels were asked for so far.
    pub(crate) multiplied: u64,
}

/// A factor in blocks.
#[derive(Debug, Clone, Copy)]
enum Right<'a, V: Blocked> {
    /// `[depth, columns]`: for each panel of columns `blocks` blocks; from far away if they are a frozen weight's.
    Packed { lines: &'a [V::Line], blocks: usize, columns: usize, far: bool },
    /// What is packed is the transposed matrix.
    Turned(PanelRows<'a, V>),
}

impl<'a, V: Blocked> Right<'a, V> {
    /// The blocks of a panel from this one of depth on, `deep` of them; in `turned` where they have to be.
    fn lines<'t>(
        &self,
        panel: usize,
        depth: usize,
        deep: usize,
        kernel: V::Kernel,
        turned: &'t mut [V::Line],
    ) -> &'t [V::Line]
    where
        'a: 't,
    {
        let count = deep * V::RIGHT_LINES;
        match *self {
            Self::Packed { lines, blocks, .. } => {
                &lines[(panel * blocks + depth) * V::RIGHT_LINES..][..count]
            }
            Self::Turned(weight) => {
                let from = weight.lines.chunks_exact(V::RIGHT_LINES);
                let from = from.skip(depth * weight.blocks() + panel).step_by(weight.blocks());
                let into = turned[..count].chunks_exact_mut(V::RIGHT_LINES);
                from.zip(into).for_each(|(from, into)| V::turn(kernel, from, into));
                &turned[..count]
            }
        }
    }

    /// Lets some of the lines come nearer that [`Self::lines`] reads next.
    fn prefetch(&self, panel: usize, depth: usize, deep: usize, lines: Range<usize>) {
        match *self {
            Self::Packed { far: false, .. } => {}
            Self::Packed { lines: all, blocks, .. } => {
                let next = (panel * blocks + depth + deep) * V::RIGHT_LINES;
                let end = all.len().min(next + lines.end);
                all.get(next + lines.start..end).unwrap_or_default().iter().for_each(prefetch);
            }
            Self::Turned(weight) => {
                for line in lines {
                    let block = (depth + line / V::RIGHT_LINES) * weight.blocks() + panel + 1;
                    if let Some(line) = weight.lines.get(block * V::RIGHT_LINES + line % V::RIGHT_LINES) {
                        prefetch(line);
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

impl<V: Blocked> BlockProducts<V> {
    pub(crate) fn new(kernel: V::Kernel) -> Self {
        Self {
            kernel,
            left: Vec::new(),
            right: Vec::new(),
            turned: Vec::new(),
            sums: Vec::new(),
            multiplied: 0,
        }
    }

    /// `left · weightᵀ`.
    ///
    /// # Panics
    /// If the matrices do not fit each other, which is a fault of the caller, as in the other two.
    pub(crate) fn forward(&mut self, out: Written<'_, V>, left: Matrix<'_, V>, weight: PanelRows<'_, V>) {
        assert_eq!(left.columns, weight.inputs, "a product with a frozen weight");
        let (lines, blocks, columns) = (weight.lines, weight.blocks(), weight.outputs);
        self.run(out, left, Right::Packed { lines, blocks, columns, far: true });
    }

    /// `left · weight`.
    pub(crate) fn backward(&mut self, out: Written<'_, V>, left: Matrix<'_, V>, weight: PanelRows<'_, V>) {
        assert_eq!(left.columns, weight.outputs, "a product with a frozen weight");
        self.run(out, left, Right::Turned(weight));
    }

    /// `left · right`.
    pub(crate) fn multiply(&mut self, out: Written<'_, V>, left: Matrix<'_, V>, right: Matrix<'_, V>) {
        assert_eq!(left.columns, right.rows, "the depth of a product");
        let blocks = right.rows.div_ceil(DEPTH);
        let mut lines = std::mem::take(&mut self.right);
        let count = right.columns.div_ceil(SIDE) * blocks * V::RIGHT_LINES;
        grow(&mut lines, count, V::ZERO);
        if right.column_step == 1 {
            V::pack_down(self.kernel, memory_of(right), &mut lines[..count]);
        } else {
            V::pack_along(self.kernel, memory_of(right.transposed()), &mut lines[..count]);
        }
        let packed = Right::Packed { lines: &lines[..count], blocks, columns: right.columns, far: false };
        self.run(out, left, packed);
        self.right = lines;
    }

    fn run(&mut self, out: Written<'_, V>, left: Matrix<'_, V>, right: Right<'_, V>) {
        let (rows, columns) = (left.rows, right.columns());
        let mut out = V::placed(out);
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
        let (row_blocks, depth_blocks) = (rows.div_ceil(V::ROWS), left.columns.div_ceil(DEPTH));
        let count = row_blocks * depth_blocks * V::LEFT_LINES;
        grow(packed, count, V::ZERO);
        if left.column_step == 1 {
            V::pack_rows(*kernel, memory_of(left), &mut packed[..count]);
        } else {
            V::pack_columns(*kernel, memory_of(left.transposed()), &mut packed[..count]);
        }
        grow(turned, V::AT_ONCE * V::RIGHT_LINES, V::ZERO);
        grow(sums, row_blocks * V::ROWS * SIDE / 16, WideLine::ZERO);
        let ready = V::ready(*kernel);
        for panel in 0..columns.div_ceil(SIDE) {
            let in_place = out.rows_in_place(panel);
            for depth in (0..depth_blocks).step_by(V::AT_ONCE) {
                let deep = V::AT_ONCE.min(depth_blocks - depth);
                let lines = right.lines(panel, depth, deep, *kernel, turned);
                let soon = deep * V::RIGHT_LINES / row_blocks + 1;
                for block in 0..row_blocks {
                    right.prefetch(panel, depth, deep, block * soon..(block + 1) * soon);
                    let first = (block * depth_blocks + depth) * V::LEFT_LINES;
                    let block_left = &packed[first..first + deep * V::LEFT_LINES];
                    let depth_left = (left.columns - depth * DEPTH).min(deep * DEPTH);
                    let row = block * V::ROWS;
                    let (rows, columns) = (V::ROWS.min(rows - row), SIDE.min(columns - panel * SIDE));
                    let into = match &mut out {
                        Written::Wide(out, previous) if row < in_place => BlockOut {
                            values: &mut out.values[row * out.row_step + panel * SIDE..],
                            stride: out.row_step,
                            rows,
                            columns,
                            adds: depth > 0 || *previous == Previous::AddedTo,
                        },
                        _ => BlockOut {
                            values: &mut WideLine::values_mut(sums)[row * SIDE..],
                            stride: SIDE,
                            rows,
                            columns,
                            adds: depth > 0,
                        },
                    };
                    self.multiplied += (rows * columns * depth_left) as u64;
                    V::multiply(&ready, Block { left: block_left, right: lines, depth: depth_left }, into);
                }
            }
            if in_place < rows {
                let sums = WideLine::values(&sums[in_place * SIDE / 16..rows * SIDE / 16]);
                vectorised(WriteOut { sums, first: in_place, panel, out: &mut out });
            }
        }
    }
}

fn grow<L: Copy>(lines: &mut Vec<L>, count: usize, zero: L) {
    if lines.len() < count {
        lines.resize(count, zero);
    }
}

/// Row-major memory, whatever the matrix calls its rows.
///
/// # Panics
/// If neither its rows nor its columns lie in one piece, which is a fault of the caller.
fn memory_of<V>(matrix: Matrix<'_, V>) -> Source<'_, V> {
    assert!(matrix.column_step == 1 || matrix.columns <= 1, "a matrix with gaps in its rows");
    let Matrix { values, rows, columns, row_step, .. } = matrix;
    Source { values, stride: row_step, rows, columns }
}

/// Takes the sums of a panel to where they belong.
struct WriteOut<'a, 'o, V> {
    /// `[rows, SIDE]`.
    sums: &'a [f32],
    /// The first row.
    first: usize,
    panel: usize,
    out: &'a mut Written<'o, V>,
}

impl<V: Value> Kernel for WriteOut<'_, '_, V> {
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
                        *out = V::narrow(*sum);
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
