//! Frozen weights in bf16, packed once into the blocks that products are made of.
//!
//! They lie in one layout, that of the product with the transposed weight: panels of 32 outputs, and in a panel a
//! block for each 32 inputs. The other direction turns blocks as it comes to them, in registers.

use std::ops::Range;

use half::bf16;

use super::blocks::{BlockKernel, DEPTH, SIDE, Source};
use super::lines::Line;
use super::value::Value;

/// A frozen weight of `[outputs, inputs]`, rounded to bf16.
#[derive(Debug)]
pub(crate) struct Panels {
    lines: Vec<Line>,
    outputs: usize,
    inputs: usize,
}

/// Some outputs of a frozen weight.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PanelRows<'a> {
    /// Whole panels.
    pub(super) lines: &'a [Line],
    pub(super) outputs: usize,
    pub(super) inputs: usize,
}

impl Panels {
    /// `weight` is `[outputs, inputs]`, row-major.
    pub(crate) fn pack(kernel: BlockKernel, weight: &[f32], inputs: usize) -> Self {
        let (outputs, blocks) = (weight.len() / inputs, inputs.div_ceil(DEPTH));
        let mut lines = Vec::with_capacity(outputs.div_ceil(SIDE) * blocks * DEPTH);
        let mut narrowed: Vec<bf16> = Vec::with_capacity(SIDE * inputs);
        for rows in weight.chunks(SIDE * inputs) {
            narrowed.clear();
            narrowed.extend(rows.iter().map(|value| <bf16 as Value>::narrow(*value)));
            let start = lines.len();
            lines.resize(start + blocks * DEPTH, Line::ZERO);
            let rows = rows.len() / inputs;
            let source = Source { values: &narrowed, stride: inputs, rows, columns: inputs };
            kernel.pack_along(source, &mut lines[start..]);
        }
        Self { lines, outputs, inputs }
    }

    pub(crate) fn all(&self) -> PanelRows<'_> {
        PanelRows { lines: &self.lines, outputs: self.outputs, inputs: self.inputs }
    }
}

impl<'a> PanelRows<'a> {
    /// These outputs of it, which must begin with a panel.
    ///
    /// # Panics
    /// If they do not, or end beyond it, which is a fault of the caller.
    pub(crate) fn outputs(self, range: Range<usize>) -> Self {
        assert!(range.start.is_multiple_of(SIDE) && range.end <= self.outputs, "outputs {range:?}");
        let panel = self.blocks() * DEPTH;
        let lines = &self.lines[range.start / SIDE * panel..range.end.div_ceil(SIDE) * panel];
        Self { lines, outputs: range.len(), inputs: self.inputs }
    }

    /// Blocks of a panel.
    pub(super) fn blocks(&self) -> usize {
        self.inputs.div_ceil(DEPTH)
    }
}
