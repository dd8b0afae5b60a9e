//! Products of activations with the frozen weights, and what adapters add to them.
//!
//! Invariant: how a row is rounded and summed up depends on the row alone, never on those beside it.

use std::ops::Range;

use half::bf16;

use super::rows::{RowsMut, lone_row_products, row_products};
use super::weights::{Form, Stack, Store};
use crate::ReadyAdapter;
use crate::kernels::{
    BlockProducts, Int8Kernel, Int8Products, Int8Rows, Kernels, Matrix, MatrixMut, Previous, Written,
};
use crate::vectors::convert;

/// Which rows an adapter adds to, adapter by adapter.
#[derive(Debug, Default)]
pub(super) struct Adapted {
    /// Where the adapter's rows are among `rows`.
    groups: Vec<(ReadyAdapter, Range<usize>)>,
    rows: Vec<usize>,
}

impl Adapted {
    /// By the adapters of all rows, one after the other.
    pub(super) fn set<'a>(&mut self, adapters: impl Iterator<Item = Option<&'a ReadyAdapter>> + Clone) {
        self.groups.clear();
        self.rows.clear();
        for adapter in adapters.clone().flatten() {
            if self.groups.iter().any(|(known, _)| known.is(adapter)) {
                continue;
            }
            let first = self.rows.len();
            let is_its = |other: Option<&ReadyAdapter>| other.is_some_and(|other| other.is(adapter));
            let rows = adapters.clone().enumerate().filter(|(_, other)| is_its(*other));
            self.rows.extend(rows.map(|(row, _)| row));
            self.groups.push((adapter.clone(), first..self.rows.len()));
        }
    }
}

/// Whose sums must not depend on the rows beside them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Company {
    /// Rows of several sequences, in whatever company.
    Changing,
    /// All rows of one source, always together.
    Fixed,
}

/// Multiplies on one thread; its memory is kept from product to product.
#[derive(Debug)]
pub(super) struct Products {
    wide: BlockProducts<f32>,
    narrow: BlockProducts<bf16>,
    narrowed: Vec<bf16>,
    int8: Int8Products,
    rounded: Int8Rows,
    /// Rows of one adapter, what comes out of its A, and what it adds.
    gathered: Vec<f32>,
    low: Vec<f32>,
    added: Vec<f32>,
}

impl Products {
    pub(super) fn new() -> Self {
        let kernels = Kernels::best();
        Self {
            wide: BlockProducts::new(kernels.f32),
            narrow: BlockProducts::new(kernels.bf16),
            narrowed: Vec::new(),
            int8: Int8Products::default(),
            rounded: Int8Rows::new(Int8Kernel::best()),
            gathered: Vec::new(),
            low: Vec::new(),
            added: Vec::new(),
        }
    }

    /// `rows · weightᵀ` with what adapters add, row by row written over `out` or added to it.
    pub(super) fn forward(
        &mut self,
        store: &Store,
        stack: &Stack,
        (rows, company): (&[f32], Company),
        adapted: &Adapted,
        out: &mut [f32],
        previous: Previous,
    ) {
        let (inputs, outputs) = (stack.inputs, stack.outputs);
        match &stack.form {
            Form::Wide(place) => {
                let weight = &store.wide[place.clone()];
                match company {
                    Company::Changing if rows.len() == inputs => {
                        lone_row_products(out, previous, rows, weight, inputs);
                    }
                    Company::Changing => {
                        let out = RowsMut { values: out, step: outputs, previous };
                        row_products(out, 1.0, rows, weight, inputs);
                    }
                    Company::Fixed => {
                        let (rows, weight) = (Matrix::new(rows, inputs), Matrix::new(weight, inputs));
                        self.multiply(MatrixMut::new(out, outputs), previous, rows, weight.transposed());
                    }
                }
            }
            Form::Narrow(number) => {
                self.narrowed.resize(rows.len(), bf16::ZERO);
                convert(rows, &mut self.narrowed);
                let out = Written::Wide(MatrixMut::new(out, outputs), previous);
                let rows = Matrix::new(&self.narrowed, inputs);
                self.narrow.forward(out, rows, store.narrow.weight(*number));
            }
            Form::Int8(number) => {
                self.rounded.round(rows, inputs);
                let out = MatrixMut::new(out, outputs);
                self.int8.forward(out, previous, &self.rounded, store.int8.weight(*number));
            }
        }
        for (adapter, places) in &adapted.groups {
            self.add_low_rank(adapter, &adapted.rows[places.clone()], stack, rows, out);
        }
    }

    /// `left · right` in f32, written over `out` or added to it.
    pub(super) fn multiply(
        &mut self,
        out: MatrixMut<'_>,
        previous: Previous,
        left: Matrix<'_>,
        right: Matrix<'_>,
    ) {
        self.wide.multiply(Written::Wide(out, previous), left, right);
    }

    /// Adds an adapter's share to these rows of `out`.
    fn add_low_rank(
        &mut self,
        adapter: &ReadyAdapter,
        places: &[usize],
        stack: &Stack,
        rows: &[f32],
        out: &mut [f32],
    ) {
        let Self { gathered, low, added, .. } = self;
        let (inputs, outputs) = (stack.inputs, stack.outputs);
        gathered.clear();
        for part in &stack.parts {
            let Some(share) = adapter.low_rank(part.product) else { continue };
            if gathered.is_empty() {
                places.iter().for_each(|row| gathered.extend_from_slice(&rows[row * inputs..][..inputs]));
            }
            low.resize(places.len() * share.rank, 0.0);
            let into = RowsMut { values: low, step: share.rank, previous: Previous::Replaced };
            row_products(into, 1.0, gathered, share.a, inputs);
            let width = part.outputs.len();
            added.resize(places.len() * width, 0.0);
            let into = RowsMut { values: added, step: width, previous: Previous::Replaced };
            row_products(into, share.scale, low, share.b, share.rank);
            for (row, added) in places.iter().zip(added.chunks_exact(width)) {
                let out = &mut out[row * outputs..][part.outputs.clone()];
                out.iter_mut().zip(added).for_each(|(out, added)| *out += added);
            }
        }
    }
}
