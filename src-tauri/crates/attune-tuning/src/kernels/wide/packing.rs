//! How matrices of f32 are packed into blocks.

use super::{DEPTH, F32Kernel, HALVES, LANES, ROWS, SIDE, Source, WideLine};
use crate::vectors::{Kernel, vectorised};

/// See [`super::Blocked::pack_down`].
pub(super) fn down(source: Source<'_, f32>, out: &mut [WideLine]) {
    vectorised(Down { source, out });
}

struct Down<'a> {
    source: Source<'a, f32>,
    out: &'a mut [WideLine],
}

impl Kernel for Down<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self { source, out } = self;
        let depths = source.rows.div_ceil(DEPTH) * DEPTH;
        for (number, lines) in out.as_chunks_mut::<HALVES>().0.iter_mut().enumerate() {
            let (panel, deep) = (number / depths, number % depths);
            for (half, line) in lines.iter_mut().enumerate() {
                fill(line, source.run(deep, panel * SIDE + half * LANES, LANES));
            }
        }
    }
}

/// See [`super::Blocked::pack_rows`].
pub(super) fn rows(source: Source<'_, f32>, out: &mut [WideLine]) {
    vectorised(Rows { source, out });
}

struct Rows<'a> {
    source: Source<'a, f32>,
    out: &'a mut [WideLine],
}

impl Kernel for Rows<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self { source, out } = self;
        let groups = source.columns.div_ceil(DEPTH) * DEPTH / LANES;
        for (number, lines) in out.as_chunks_mut::<ROWS>().0.iter_mut().enumerate() {
            let (rows, group) = (number / groups * ROWS, number % groups);
            for (row, line) in lines.iter_mut().enumerate() {
                fill(line, source.run(rows + row, group * LANES, LANES));
            }
        }
    }
}

/// See [`super::Blocked::pack_along`].
pub(super) fn along(kernel: F32Kernel, source: Source<'_, f32>, out: &mut [WideLine]) {
    let groups = source.columns.div_ceil(DEPTH) * DEPTH / LANES;
    for (number, lines) in out.as_chunks_mut::<{ LANES * HALVES }>().0.iter_mut().enumerate() {
        let (panel, group) = (number / groups, number % groups);
        for half in 0..HALVES {
            let column = panel * SIDE + half * LANES;
            let from = square(source, column, group * LANES);
            kernel.transpose(&from, 1, &mut lines[half..], HALVES);
        }
    }
}

/// See [`super::Blocked::pack_columns`].
pub(super) fn columns(kernel: F32Kernel, source: Source<'_, f32>, out: &mut [WideLine]) {
    let groups = source.rows.div_ceil(DEPTH) * DEPTH / LANES;
    for (number, lines) in out.as_chunks_mut::<ROWS>().0.iter_mut().enumerate() {
        let (row, group) = (number / groups * ROWS, number % groups);
        let from = square(source, group * LANES, row);
        let mut turned = [WideLine::ZERO; LANES];
        kernel.transpose(&from, 1, &mut turned, 1);
        lines.copy_from_slice(&turned[..ROWS]);
    }
}

/// 16 rows of the memory from this one on, 16 values of each from this column on; zeros beyond its end.
#[inline(always)]
fn square(source: Source<'_, f32>, row: usize, column: usize) -> [WideLine; LANES] {
    let mut square = [WideLine::ZERO; LANES];
    for (below, line) in square.iter_mut().enumerate() {
        fill(line, source.run(row + below, column, LANES));
    }
    square
}

/// The values of a line, zeros after the last.
#[inline(always)]
fn fill(line: &mut WideLine, values: &[f32]) {
    if let Some((values, _)) = values.split_first_chunk::<LANES>() {
        line.0 = *values;
        return;
    }
    let (filled, rest) = line.0.split_at_mut(values.len());
    filled.copy_from_slice(values);
    rest.fill(0.0);
}
