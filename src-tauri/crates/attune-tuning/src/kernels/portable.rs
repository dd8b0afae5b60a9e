//! Blocks for every processor: what the others are tested against, written for the compiler to make vectors of.

use half::bf16;

use super::blocks::{Block, BlockOut, DEPTH, SIDE, Source};
use super::lines::Line;
use super::value::Value;
use crate::vectors::{Kernel, vectorised};

/// Rows that share what is loaded of the right factor.
const ROWS: usize = 4;

pub(super) fn multiply(block: Block<'_, bf16>, out: BlockOut<'_>) {
    block.check(&out);
    vectorised(Multiply { block, out });
}

struct Multiply<'a> {
    block: Block<'a, bf16>,
    out: BlockOut<'a>,
}

impl Kernel for Multiply<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Block { left, right, .. } = self.block;
        let BlockOut { values, stride, adds, .. } = self.out;
        for row in (0..SIDE).step_by(ROWS) {
            for half in 0..2 {
                let mut sums = [[0.0_f32; 16]; ROWS];
                let blocks = left.as_chunks::<DEPTH>().0.iter().zip(right.as_chunks::<DEPTH>().0);
                for (rows, lines) in blocks {
                    for pair in 0..16 {
                        let line = &lines[half * 16 + pair].0;
                        for (below, sums) in sums.iter_mut().enumerate() {
                            let values = &rows[row + below].0;
                            let (first, second) = (values[2 * pair].widen(), values[2 * pair + 1].widen());
                            for lane in 0..16 {
                                sums[lane] += first * line[2 * lane].widen();
                                sums[lane] += second * line[2 * lane + 1].widen();
                            }
                        }
                    }
                }
                for (below, sums) in sums.iter().enumerate() {
                    let out = &mut values[(row + below) * stride + half * 16..][..16];
                    for lane in 0..16 {
                        out[lane] = if adds { out[lane] + sums[lane] } else { sums[lane] };
                    }
                }
            }
        }
    }
}

pub(super) fn pack_down(source: Source<'_, bf16>, out: &mut [Line]) {
    let Source { values, stride, rows, columns } = source;
    pack(rows, columns, out, |depth, column| values[depth * stride + column]);
}

pub(super) fn pack_along(source: Source<'_, bf16>, out: &mut [Line]) {
    let Source { values, stride, rows, columns } = source;
    pack(columns, rows, out, |depth, column| values[column * stride + depth]);
}

/// Fills all panels of a right factor of `[depth, columns]`.
fn pack(depth: usize, columns: usize, out: &mut [Line], at: impl Fn(usize, usize) -> bf16) {
    let blocks = depth.div_ceil(DEPTH);
    for (number, lines) in out.as_chunks_mut::<DEPTH>().0.iter_mut().enumerate() {
        let (panel, block) = (number / blocks, number % blocks);
        for (line, out) in lines.iter_mut().enumerate() {
            for (place, value) in out.0.iter_mut().enumerate() {
                let column = panel * SIDE + line / 16 * 16 + place / 2;
                let deep = block * DEPTH + line % 16 * 2 + place % 2;
                *value = if deep < depth && column < columns { at(deep, column) } else { bf16::ZERO };
            }
        }
    }
}

pub(super) fn pack_rows(source: Source<'_, bf16>, out: &mut [Line]) {
    let Source { values, stride, rows, columns } = source;
    pack_left(rows, columns, out, |row, depth| values[row * stride + depth]);
}

pub(super) fn pack_columns(source: Source<'_, bf16>, out: &mut [Line]) {
    let Source { values, stride, rows, columns } = source;
    pack_left(columns, rows, out, |row, depth| values[depth * stride + row]);
}

/// Fills all blocks of a left factor of `[rows, depth]`.
fn pack_left(rows: usize, depth: usize, out: &mut [Line], at: impl Fn(usize, usize) -> bf16) {
    let blocks = depth.div_ceil(DEPTH);
    for (number, line) in out.iter_mut().enumerate() {
        let row = number / (SIDE * blocks) * SIDE + number % SIDE;
        let start = number / SIDE % blocks * DEPTH;
        for (place, value) in line.0.iter_mut().enumerate() {
            let inside = row < rows && start + place < depth;
            *value = if inside { at(row, start + place) } else { bf16::ZERO };
        }
    }
}

pub(super) fn turn(block: &[Line; DEPTH], out: &mut [Line; DEPTH]) {
    for (line, out) in out.iter_mut().enumerate() {
        for (place, value) in out.0.iter_mut().enumerate() {
            let (column, depth) = (line / 16 * 16 + place / 2, line % 16 * 2 + place % 2);
            *value = block[depth / 16 * 16 + column / 2].0[depth % 16 * 2 + column % 2];
        }
    }
}
