//! Frozen weights, packed once into the blocks that products are made of.
//!
//! They lie in one layout, that of the product with the transposed weight: panels of 32 outputs, and in a panel a
//! block for each 32 inputs. The other direction turns blocks as it comes to them, in registers.

use std::ops::Range;

use super::blocks::{Blocked, DEPTH, SIDE, Source};
use super::lines::room_for;
use crate::vectors::convert;

/// Frozen weights of `[outputs, inputs]`, each value the nearest in these numbers, one after the other in one piece of
/// memory: large pages spare the processor most of its looking up of addresses.
#[derive(Debug)]
pub(crate) struct Panels<V: Blocked> {
    lines: Vec<V::Line>,
    weights: Vec<Place>,
}

#[derive(Debug)]
struct Place {
    lines: Range<usize>,
    outputs: usize,
    inputs: usize,
}

/// Some outputs of a frozen weight.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PanelRows<'a, V: Blocked> {
    /// Whole panels.
    pub(super) lines: &'a [V::Line],
    pub(super) outputs: usize,
    pub(super) inputs: usize,
}

impl<V: Blocked> Panels<V> {
    /// No weights yet, and room for weights of these outputs and inputs.
    pub(crate) fn with_room_for(shapes: impl Iterator<Item = [usize; 2]>) -> Self {
        let lines = shapes.map(|[outputs, inputs]| lines_of::<V>(outputs, inputs)).sum();
        Self { lines: room_for(lines), weights: Vec::new() }
    }

    /// Packs one more weight; `values` are its rows, one for each output. Its number among the weights.
    pub(crate) fn push(&mut self, kernel: V::Kernel, values: &[f32], inputs: usize) -> usize {
        let outputs = values.len() / inputs;
        let first = self.lines.len();
        let mut narrowed: Vec<V> = Vec::with_capacity(SIDE * inputs);
        for values in values.chunks(SIDE * inputs) {
            narrowed.resize(values.len(), V::default());
            convert(values, &mut narrowed);
            let start = self.lines.len();
            self.lines.resize(start + lines_of::<V>(SIDE, inputs), V::ZERO);
            let source =
                Source { values: &narrowed, stride: inputs, rows: values.len() / inputs, columns: inputs };
            V::pack_along(kernel, source, &mut self.lines[start..]);
        }
        self.weights.push(Place { lines: first..self.lines.len(), outputs, inputs });
        self.weights.len() - 1
    }

    /// The weight that was packed after this many others.
    ///
    /// # Panics
    /// If there are not so many, which is a fault of the caller.
    pub(crate) fn weight(&self, number: usize) -> PanelRows<'_, V> {
        let Place { lines, outputs, inputs } = &self.weights[number];
        PanelRows { lines: &self.lines[lines.clone()], outputs: *outputs, inputs: *inputs }
    }
}

fn lines_of<V: Blocked>(outputs: usize, inputs: usize) -> usize {
    outputs.div_ceil(SIDE) * inputs.div_ceil(DEPTH) * V::RIGHT_LINES
}

impl<'a, V: Blocked> PanelRows<'a, V> {
    /// These outputs of it, which must begin with a panel.
    ///
    /// # Panics
    /// If they do not, or end beyond it, which is a fault of the caller.
    pub(crate) fn outputs(self, range: Range<usize>) -> Self {
        assert!(range.start.is_multiple_of(SIDE) && range.end <= self.outputs, "outputs {range:?}");
        let panel = self.blocks() * V::RIGHT_LINES;
        let lines = &self.lines[range.start / SIDE * panel..range.end.div_ceil(SIDE) * panel];
        Self { lines, outputs: range.len(), inputs: self.inputs }
    }

    /// The values of an output, input after input.
    pub(crate) fn row(&self, output: usize) -> impl Iterator<Item = V> + use<'a, V> {
        let (panel, column) = (output / SIDE * self.blocks(), output % SIDE);
        let (lines, inputs) = (self.lines, self.inputs);
        (0..inputs).map(move |input| {
            let block = (panel + input / DEPTH) * V::RIGHT_LINES;
            V::at(&lines[block..block + V::RIGHT_LINES], input % DEPTH, column)
        })
    }

    /// Blocks of a panel.
    pub(super) fn blocks(&self) -> usize {
        self.inputs.div_ceil(DEPTH)
    }
}
