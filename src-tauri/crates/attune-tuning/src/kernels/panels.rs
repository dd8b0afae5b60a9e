//! Frozen weights in bf16, packed once into the blocks that products are made of.
//!
//! They lie in one layout, that of the product with the transposed weight: panels of 32 outputs, and in a panel a
//! block for each 32 inputs. The other direction turns blocks as it comes to them, in registers.

use std::ops::Range;

use half::bf16;

use super::blocks::{BlockKernel, DEPTH, SIDE, Source};
use super::lines::Line;
use crate::vectors::convert;

/// Frozen weights of `[outputs, inputs]`, rounded to bf16, one after the other in one piece of memory: large pages
/// spare the processor most of its looking up of addresses.
#[derive(Debug, Default)]
pub(crate) struct Panels {
    lines: Vec<Line>,
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
pub(crate) struct PanelRows<'a> {
    /// Whole panels.
    pub(super) lines: &'a [Line],
    pub(super) outputs: usize,
    pub(super) inputs: usize,
}

impl Panels {
    /// No weights yet, and room for weights of these outputs and inputs.
    pub(crate) fn with_room_for(shapes: impl Iterator<Item = [usize; 2]>) -> Self {
        let lines = shapes.map(|[outputs, inputs]| lines_of(outputs, inputs)).sum();
        Self { lines: Line::room_for(lines), weights: Vec::new() }
    }

    /// Packs one more weight; `values` are its rows, one for each output.
    pub(crate) fn push(&mut self, kernel: BlockKernel, values: &[f32], inputs: usize) {
        let outputs = values.len() / inputs;
        let first = self.lines.len();
        let mut narrowed: Vec<bf16> = Vec::with_capacity(SIDE * inputs);
        for values in values.chunks(SIDE * inputs) {
            narrowed.resize(values.len(), bf16::ZERO);
            convert(values, &mut narrowed);
            let start = self.lines.len();
            self.lines.resize(start + lines_of(SIDE, inputs), Line::ZERO);
            let source =
                Source { values: &narrowed, stride: inputs, rows: values.len() / inputs, columns: inputs };
            kernel.pack_along(source, &mut self.lines[start..]);
        }
        self.weights.push(Place { lines: first..self.lines.len(), outputs, inputs });
    }

    /// The weight that was packed after this many others.
    ///
    /// # Panics
    /// If there are not so many, which is a fault of the caller.
    pub(crate) fn weight(&self, number: usize) -> PanelRows<'_> {
        let Place { lines, outputs, inputs } = &self.weights[number];
        PanelRows { lines: &self.lines[lines.clone()], outputs: *outputs, inputs: *inputs }
    }
}

fn lines_of(outputs: usize, inputs: usize) -> usize {
    outputs.div_ceil(SIDE) * inputs.div_ceil(DEPTH) * DEPTH
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

    /// The values of an output, input after input.
    pub(crate) fn row(&self, output: usize) -> impl Iterator<Item = bf16> {
        let (panel, column) = (output / SIDE * self.blocks(), output % SIDE);
        let (half, place) = (column / 16 * 16, column % 16 * 2);
        let lines = self.lines;
        (0..self.inputs).map(move |input| {
            let block = (panel + input / DEPTH) * DEPTH;
            lines[block + half + input % DEPTH / 2].0[place + input % 2]
        })
    }

    /// Blocks of a panel.
    pub(super) fn blocks(&self) -> usize {
        self.inputs.div_ceil(DEPTH)
    }
}

#[cfg(test)]
mod tests {
    use half::bf16;

    use super::Panels;
    use crate::kernels::{BlockKernel, Value};

    #[test]
    fn a_row_of_packed_weights_is_what_was_packed() {
        for kernel in BlockKernel::all() {
            let mut panels = Panels::default();
            for (outputs, inputs) in [(1, 1), (33, 70), (64, 32), (95, 31)] {
                let values: Vec<f32> = (0..outputs * inputs).map(|place| place as f32 - 500.0).collect();
                panels.push(kernel, &values, inputs);
                let weight = panels.weight(panels.weights.len() - 1);
                for (output, values) in values.chunks_exact(inputs).enumerate() {
                    let expected: Vec<bf16> = values.iter().map(|value| Value::narrow(*value)).collect();
                    assert_eq!(weight.row(output).collect::<Vec<_>>(), expected, "{output} of {outputs}");
                }
            }
        }
    }
}
