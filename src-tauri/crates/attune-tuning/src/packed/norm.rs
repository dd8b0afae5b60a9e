//! Root-mean-square normalisation of packed positions.
//!
//! Source: Zhang, Sennrich 2019, "Root Mean Square Layer Normalization".

use super::vectors::{sum_of_products, vectorised};

/// A norm with its frozen weight of `[width]`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Norm<'w> {
    pub(super) weight: &'w [f32],
    pub(super) epsilon: f32,
}

/// What the way back needs.
#[derive(Debug, Default)]
pub(super) struct NormTape {
    /// `[positions, width]`.
    input: Vec<f32>,
    /// `[positions, width]`.
    pub(super) output: Vec<f32>,
    /// The inverse root mean square of each position.
    inverse: Vec<f32>,
}

impl Norm<'_> {
    /// `y = s · w · x` with `s = (mean x² + ε)^-½`, position by position; `y` is the tape's output.
    pub(super) fn forward(&self, input: &[f32], tape: &mut NormTape) {
        let width = self.weight.len();
        tape.input.clear();
        tape.input.extend_from_slice(input);
        tape.output.resize(input.len(), 0.0);
        tape.inverse.resize(input.len() / width, 0.0);
        let rows = input.chunks_exact(width).zip(tape.output.chunks_exact_mut(width)).zip(&mut tape.inverse);
        vectorised(|| {
            for ((input, output), inverse) in rows {
                let mean_square = sum_of_products(input, input) / width as f32;
                *inverse = (mean_square + self.epsilon).sqrt().recip();
                for ((output, input), weight) in output.iter_mut().zip(input).zip(self.weight) {
                    *output = *inverse * weight * input;
                }
            }
        });
    }

    /// Adds `dx = s · (w · dy) - x · s³ · mean(w · dy · x)` to `to`; `slope` is `dy` and is overwritten.
    pub(super) fn backward(&self, tape: &NormTape, slope: &mut [f32], to: &mut [f32]) {
        let width = self.weight.len();
        let rows = tape.input.chunks_exact(width).zip(&tape.inverse);
        let slopes = slope.chunks_exact_mut(width).zip(to.chunks_exact_mut(width));
        vectorised(|| {
            for ((input, scale), (slope, to)) in rows.zip(slopes) {
                slope.iter_mut().zip(self.weight).for_each(|(slope, weight)| *slope *= weight);
                let along = sum_of_products(slope, input);
                let pull = scale * scale * scale * along / width as f32;
                for ((to, slope), input) in to.iter_mut().zip(slope).zip(input) {
                    *to += scale * *slope - pull * input;
                }
            }
        });
    }
}
