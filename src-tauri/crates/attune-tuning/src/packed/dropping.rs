//! Dropout of packed rows: the masks of `dropout`, each row's on its own positions.
//!
//! Multiplying with a mask is its own way back, so that one function serves both.

use super::rows::Rows;
use crate::kernels::Value;
use crate::{DropoutPlace, RowDropout, Stack};

/// The dropout of a share's rows in one stack.
#[derive(Debug, Clone, Copy)]
pub(super) struct Dropping<'d> {
    /// One for each row; empty without dropout.
    pub(super) rows: &'d [RowDropout],
    pub(super) stack: Stack,
}

impl Dropping<'_> {
    pub(super) fn is_on(self) -> bool {
        !self.rows.is_empty()
    }

    /// Multiplies `values` of `[positions, columns]` with the masks of this place.
    pub(super) fn apply<V: Value>(self, place: DropoutPlace, rows: &Rows, values: &mut [V]) {
        let columns = values.len() / rows.positions();
        for (dropout, row) in self.rows.iter().zip(rows.iter()) {
            let mask = dropout.mask(self.stack, place);
            let values = &mut values[row.start * columns..row.end * columns];
            for (line, values) in values.chunks_exact_mut(columns).enumerate() {
                mask.apply_to(line, values);
            }
        }
    }

    /// Multiplies a head's attention weights of `[queries, keys]` in a row with its part of the row's mask.
    pub(super) fn apply_to_weights<V: Value>(
        self,
        place: DropoutPlace,
        [row, head]: [usize; 2],
        keys: usize,
        weights: &mut [V],
    ) {
        if let Some(dropout) = self.rows.get(row) {
            let mask = dropout.mask(self.stack, place);
            let first = head * (weights.len() / keys);
            for (query, weights) in weights.chunks_exact_mut(keys).enumerate() {
                mask.apply_to(first + query, weights);
            }
        }
    }
}
