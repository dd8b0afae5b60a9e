//! Rows of activations as whole numbers of eight bits.

use super::panels::{LEAST, MOST, nearest};
use super::{ByteLine, DEPTH, Int8Kernel, ROWS};
use crate::vectors::{Kernel, vectorised};

/// Rows that were rounded for the products of a kernel; the memory is kept from one rounding to the next.
#[derive(Debug)]
pub(crate) struct Int8Rows {
    pub(super) kernel: Int8Kernel,
    /// `steps` for each row; of rows beyond `rows` anything.
    pub(super) lines: Vec<ByteLine>,
    pub(super) steps: usize,
    pub(super) inputs: usize,
    pub(super) rows: usize,
    /// One for each row; of a row that holds something else than finite numbers it is none either.
    pub(super) scales: Vec<f32>,
}

impl Int8Rows {
    /// No rows yet.
    pub(crate) fn new(kernel: Int8Kernel) -> Self {
        Self { kernel, lines: Vec::new(), steps: 0, inputs: 0, rows: 0, scales: Vec::new() }
    }

    /// Rounds these rows of `inputs` values, which takes the place of what was rounded before.
    pub(crate) fn round(&mut self, values: &[f32], inputs: usize) {
        self.inputs = inputs;
        self.steps = inputs.div_ceil(DEPTH);
        self.rows = values.len() / inputs;
        let lines = self.rows.next_multiple_of(ROWS) * self.steps;
        if self.lines.len() < lines {
            self.lines.resize(lines, ByteLine::ZERO);
        }
        if self.scales.len() < self.rows {
            self.scales.resize(self.rows, 0.0);
        }
        vectorised(Round { values, rows: self });
    }
}

struct Round<'a> {
    values: &'a [f32],
    rows: &'a mut Int8Rows,
}

impl Kernel for Round<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Int8Rows { kernel, lines, steps, inputs, scales, .. } = self.rows;
        let bias = kernel.bias() as i8;
        let rows = self.values.chunks_exact(*inputs).zip(lines.chunks_exact_mut(*steps));
        for ((values, lines), scale) in rows.zip(scales) {
            let (inverse, found) = scales_of(values);
            *scale = found;
            let (whole, rest) = values.as_chunks::<DEPTH>();
            for (values, line) in whole.iter().zip(&mut *lines) {
                for (number, value) in line.0.iter_mut().zip(values) {
                    *number = nearest(value * inverse) ^ bias;
                }
            }
            if let (Some(line), false) = (lines.last_mut(), rest.is_empty()) {
                line.0 = [bias; DEPTH];
                for (number, value) in line.0.iter_mut().zip(rest) {
                    *number = nearest(value * inverse) ^ bias;
                }
            }
        }
    }
}

/// What values are multiplied by to be rounded, and what the numbers are multiplied by to be values again.
#[inline(always)]
fn scales_of(values: &[f32]) -> (f32, f32) {
    // Bits without the sign are in the order of the sizes, and what is no finite number is above them all.
    const SIZE: u32 = 0x7fff_ffff;
    let (whole, rest) = values.as_chunks::<16>();
    let mut largest = [0_u32; 16];
    for values in whole {
        for lane in 0..16 {
            largest[lane] = largest[lane].max(values[lane].to_bits() & SIZE);
        }
    }
    let mut found = 0;
    for lane in largest {
        found = found.max(lane);
    }
    for value in rest {
        found = found.max(value.to_bits() & SIZE);
    }
    let largest = f32::from_bits(found);
    if !largest.is_finite() {
        return (0.0, f32::NAN);
    }
    if largest < LEAST { (0.0, 0.0) } else { (MOST / largest, largest / MOST) }
}
