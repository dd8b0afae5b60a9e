//! Frozen weights as whole numbers of eight bits, packed once into what products are made of.

use std::ops::Range;

use super::super::lines::room_for;
use super::{ByteLine, DEPTH, LINES, OUTPUTS};
use crate::vectors::{Kernel, vectorised};

/// The largest number.
pub(super) const MOST: f32 = 127.0;
/// Smaller ones have a quotient that is no finite number; they count as zero.
pub(super) const LEAST: f32 = 1e-30;

/// Frozen weights of `[outputs, inputs]`, one after the other in one piece of memory.
#[derive(Debug, Default)]
pub(crate) struct Int8Panels {
    lines: Vec<ByteLine>,
    weights: Vec<Place>,
}

#[derive(Debug)]
struct Place {
    lines: Range<usize>,
    inputs: usize,
    /// One for each output.
    scales: Vec<f32>,
    /// The sum of each output's numbers.
    sums: Vec<i32>,
}

/// A frozen weight.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Int8Weight<'a> {
    /// Whole panels.
    pub(super) lines: &'a [ByteLine],
    pub(super) inputs: usize,
    pub(super) scales: &'a [f32],
    pub(super) sums: &'a [i32],
}

impl Int8Panels {
    /// A sum of this many products is surely within 32 bits.
    pub(crate) const MOST_INPUTS: usize = 1 << 16;

    /// No weights yet, and room for weights of these outputs and inputs.
    pub(crate) fn with_room_for(shapes: impl Iterator<Item = [usize; 2]>) -> Self {
        let lines = shapes.map(|[outputs, inputs]| lines_of(outputs, inputs)).sum();
        Self { lines: room_for(lines), weights: Vec::new() }
    }

    /// Rounds and packs one more weight; `values` are its rows, one for each output. Its number among the weights.
    ///
    /// # Panics
    /// If a row is longer than [`Self::MOST_INPUTS`], which is a fault of the caller.
    pub(crate) fn push(&mut self, values: &[f32], inputs: usize) -> usize {
        assert!(inputs <= Self::MOST_INPUTS, "{inputs} products in a sum of 32 bits");
        let outputs = values.len() / inputs;
        let first = self.lines.len();
        self.lines.resize(first + lines_of(outputs, inputs), ByteLine::ZERO);
        let (mut scales, mut sums) = (vec![0.0; outputs], vec![0; outputs]);
        let mut numbers = vec![0; inputs];
        for (output, values) in values.chunks_exact(inputs).enumerate() {
            (scales[output], sums[output]) = vectorised(Round { values, numbers: &mut numbers });
            let panel = &mut self.lines[first..][output / OUTPUTS * inputs.div_ceil(DEPTH) * LINES..];
            let (half, column) = (output % OUTPUTS / 16, output % 16);
            for (quad, numbers) in numbers.chunks(4).enumerate() {
                let line = &mut panel[quad / 16 * LINES + half * 16 + quad % 16].0;
                line[column * 4..][..numbers.len()].copy_from_slice(numbers);
            }
        }
        self.weights.push(Place { lines: first..self.lines.len(), inputs, scales, sums });
        self.weights.len() - 1
    }

    /// The weight of this number.
    ///
    /// # Panics
    /// If there is none, which is a fault of the caller.
    pub(crate) fn weight(&self, number: usize) -> Int8Weight<'_> {
        let Place { lines, inputs, scales, sums } = &self.weights[number];
        Int8Weight { lines: &self.lines[lines.clone()], inputs: *inputs, scales, sums }
    }
}

fn lines_of(outputs: usize, inputs: usize) -> usize {
    outputs.div_ceil(OUTPUTS) * inputs.div_ceil(DEPTH) * LINES
}

impl Int8Weight<'_> {
    pub(super) fn steps(&self) -> usize {
        self.inputs.div_ceil(DEPTH)
    }
}

/// The scale of finite values, and the sum of what they are rounded to.
struct Round<'a> {
    values: &'a [f32],
    numbers: &'a mut [i8],
}

impl Kernel for Round<'_> {
    type Output = (f32, i32);

    #[inline(always)]
    fn run(self) -> (f32, i32) {
        let mut largest = 0.0_f32;
        for value in self.values {
            largest = if value.abs() > largest { value.abs() } else { largest };
        }
        if largest < LEAST {
            self.numbers.fill(0);
            return (0.0, 0);
        }
        let mut sum = 0;
        for (number, value) in self.numbers.iter_mut().zip(self.values) {
            *number = nearest(value * (MOST / largest));
            sum += i32::from(*number);
        }
        (largest / MOST, sum)
    }
}

/// The whole number that is nearest, the even one of two, of one from -127.5 to 127.5.
#[inline(always)]
pub(super) fn nearest(value: f32) -> i8 {
    /// Adding 1.5 · 2²³ rounds to a whole number and leaves it in the lowest bits.
    const ROUNDING: f32 = 12_582_912.0;
    (value + ROUNDING).to_bits() as i8
}
