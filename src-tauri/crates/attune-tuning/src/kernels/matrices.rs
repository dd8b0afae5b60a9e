//! Matrices as products take them.
//!
//! Invariant: a [`Matrix`] or [`MatrixMut`] never reaches beyond its slice.

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

impl<'a, V> Matrix<'a, V> {
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
}
