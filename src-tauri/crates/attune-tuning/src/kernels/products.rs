//! Matrices as products take them, and products in f32, on one thread, through the gemm crate.
//!
//! candle's own product is a safe door to the same kernels, but makes a new tensor each time, cannot add to what
//! is there, and shares itself out among threads where whole rows are shared out already.
//! Invariant: a [`Matrix`] or [`MatrixMut`] never reaches beyond its slice; [`multiply`] checks it once more, next
//! to the call that relies on it.

use std::ops::Range;

/// A matrix to read, of any strides.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Matrix<'a, V = f32> {
    pub(super) values: &'a [V],
    pub(super) rows: usize,
    pub(super) columns: usize,
    pub(super) row_step: usize,
    pub(super) column_step: usize,
}

/// A row-major matrix to write; its rows may lie apart.
#[derive(Debug)]
pub(crate) struct MatrixMut<'a, V = f32> {
    pub(super) values: &'a mut [V],
    pub(super) rows: usize,
    pub(super) columns: usize,
    pub(super) row_step: usize,
}

/// What becomes of the values that a product is written to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Previous {
    Replaced,
    AddedTo,
}

impl<'a, V: Copy> Matrix<'a, V> {
    /// All of `values`, row by row.
    pub(crate) fn new(values: &'a [V], columns: usize) -> Self {
        Self { values, rows: values.len() / columns, columns, row_step: columns, column_step: 1 }
    }

    /// These columns of it.
    pub(crate) fn columns(self, range: Range<usize>) -> Self {
        assert!(range.end <= self.columns, "columns {range:?} of {}", self.columns);
        let values = self.values.get(range.start * self.column_step..).unwrap_or_default();
        Self { values, columns: range.len(), ..self }
    }

    /// These rows of it.
    pub(crate) fn rows(self, range: Range<usize>) -> Self {
        assert!(range.end <= self.rows, "rows {range:?} of {}", self.rows);
        let values = self.values.get(range.start * self.row_step..).unwrap_or_default();
        Self { values, rows: range.len(), ..self }
    }

    pub(crate) fn transposed(self) -> Self {
        Self {
            rows: self.columns,
            columns: self.rows,
            row_step: self.column_step,
            column_step: self.row_step,
            ..self
        }
    }

    pub(crate) fn width(&self) -> usize {
        self.columns
    }

    /// How many values its elements lie within.
    pub(super) fn extent(&self) -> usize {
        (self.rows - 1) * self.row_step + (self.columns - 1) * self.column_step + 1
    }
}

impl<'a, V> MatrixMut<'a, V> {
    /// All of `values`, row by row.
    pub(crate) fn new(values: &'a mut [V], columns: usize) -> Self {
        Self { rows: values.len() / columns, values, columns, row_step: columns }
    }

    /// These columns of it.
    pub(crate) fn columns(self, range: Range<usize>) -> Self {
        assert!(range.end <= self.columns, "columns {range:?} of {}", self.columns);
        let values = self.values.get_mut(range.start..).unwrap_or_default();
        Self { values, columns: range.len(), ..self }
    }

    pub(super) fn extent(&self) -> usize {
        (self.rows - 1) * self.row_step + self.columns
    }
}

/// `scale · left · right`, written over `out` or added to it.
///
/// # Panics
/// If the three do not fit each other, which is a fault of the caller.
#[allow(unsafe_code, reason = "the gemm crate takes pointers and strides")]
pub(crate) fn multiply(
    out: MatrixMut<'_>,
    previous: Previous,
    scale: f32,
    left: Matrix<'_>,
    right: Matrix<'_>,
) {
    let (rows, columns, depth) = (left.rows, right.columns, left.columns);
    assert!(
        (out.rows, out.columns, right.rows) == (rows, columns, depth),
        "a product of {rows} x {depth} and {} x {columns} for {} x {}",
        right.rows,
        out.rows,
        out.columns
    );
    if rows == 0 || columns == 0 || depth == 0 {
        return;
    }
    assert!(left.extent() <= left.values.len() && right.extent() <= right.values.len());
    assert!(out.extent() <= out.values.len() && out.columns <= out.row_step);
    let added_to = previous == Previous::AddedTo;
    // SAFETY: gemm reads `left` at `row · row_step + column · column_step` for rows below `rows` and columns below
    // `depth`, `right` likewise, and reads and writes `out` at `row · row_step + column`. The largest of each of
    // these is below the length of its slice, by the two assertions above; lengths of slices of f32 fit isize, so
    // the casts keep their values. No two elements of `out` share a place, as its columns fit its row step, and
    // nothing else can see them, as its slice is borrowed mutably while the other two are borrowed as well.
    // Everything that is read was initialised, being inside slices.
    unsafe {
        gemm::gemm(
            rows,
            columns,
            depth,
            out.values.as_mut_ptr(),
            1,
            out.row_step as isize,
            added_to,
            left.values.as_ptr(),
            left.column_step as isize,
            left.row_step as isize,
            right.values.as_ptr(),
            right.column_step as isize,
            right.row_step as isize,
            if added_to { 1.0 } else { 0.0 },
            scale,
            false,
            false,
            false,
            gemm::Parallelism::None,
        );
    }
}

#[cfg(test)]
mod tests {
    use rand::{Rng, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    use super::{Matrix, MatrixMut, Previous, multiply};

    #[test]
    fn a_product_is_the_sum_of_products_in_every_layout() {
        let mut random = ChaCha8Rng::seed_from_u64(3);
        for _ in 0..200 {
            let [rows, columns, depth] = [(); 3].map(|()| random.random_range(1..40));
            let margin = random.random_range(0..5);
            let mut draw =
                |count: usize| (0..count).map(|_| random.random_range(-1.0..1.0)).collect::<Vec<f32>>();
            // Left has a margin of columns, right is stored transposed, out has margins on both sides.
            let (left, right) = (draw(rows * (depth + margin)), draw(columns * depth));
            let before = draw(rows * (columns + 2 * margin));
            for previous in [Previous::Replaced, Previous::AddedTo] {
                let mut out = before.clone();
                multiply(
                    MatrixMut::new(&mut out, columns + 2 * margin).columns(margin..margin + columns),
                    previous,
                    0.5,
                    Matrix::new(&left, depth + margin).columns(margin..margin + depth),
                    Matrix::new(&right, depth).transposed(),
                );
                for (place, (found, before)) in out.iter().zip(&before).enumerate() {
                    let (row, column) = (place / (columns + 2 * margin), place % (columns + 2 * margin));
                    if column < margin || column >= margin + columns {
                        assert_eq!(found, before, "a value beside the product was changed");
                        continue;
                    }
                    let column = column - margin;
                    let sum: f64 = (0..depth)
                        .map(|k| {
                            let left = left[row * (depth + margin) + margin + k];
                            f64::from(left) * f64::from(right[column * depth + k])
                        })
                        .sum();
                    let kept = if previous == Previous::AddedTo { f64::from(*before) } else { 0.0 };
                    let expected = 0.5 * sum + kept;
                    assert!((f64::from(*found) - expected).abs() < 1e-5, "{found} for {expected}");
                }
            }
        }
    }

    #[test]
    #[should_panic(expected = "a product of 2 x 3")]
    fn matrices_that_do_not_fit_are_refused_before_anything_is_touched() {
        let mut out = [0.0; 4];
        multiply(
            MatrixMut::new(&mut out, 2),
            Previous::Replaced,
            1.0,
            Matrix::new(&[0.0; 6], 3),
            Matrix::new(&[0.0; 4], 2),
        );
    }
}
