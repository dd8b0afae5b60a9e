//! Root-mean-square normalisation of packed positions.
//!
//! Source: Zhang, Sennrich 2019, "Root Mean Square Layer Normalization".

use super::scratch::fit;
use crate::kernels::Value;
use crate::vectors::{Kernel, inverse_root, sum_of_products, vectorised};

/// A norm with its frozen weight of `[width]`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Norm<'w> {
    pub(super) weight: &'w [f32],
    pub(super) epsilon: f32,
}

/// What the way back needs.
#[derive(Debug, Default)]
pub(super) struct NormTape<V> {
    /// `[positions, width]`.
    input: Vec<V>,
    /// `[positions, width]`.
    pub(super) output: Vec<V>,
    /// The inverse root mean square of each position.
    inverse: Vec<f32>,
}

impl Norm<'_> {
    /// `y = s · w · x` with `s = (mean x² + ε)^-½`, position by position; `y` is the tape's output.
    pub(super) fn forward<V: Value>(&self, input: &[f32], tape: &mut NormTape<V>) {
        fit(&mut tape.input, input.len());
        fit(&mut tape.output, input.len());
        fit(&mut tape.inverse, input.len() / self.weight.len());
        vectorised(Forward { norm: *self, input, tape });
    }

    /// Adds `dx = s · (w · dy) - x · s³ · mean(w · dy · x)` to `to`; `slope` is `dy` and is overwritten.
    pub(super) fn backward<V: Value>(&self, tape: &NormTape<V>, slope: &mut [f32], to: &mut [f32]) {
        vectorised(Backward { norm: *self, tape, slope, to });
    }
}

struct Forward<'a, V> {
    norm: Norm<'a>,
    input: &'a [f32],
    tape: &'a mut NormTape<V>,
}

impl<V: Value> Kernel for Forward<'_, V> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Norm { weight, epsilon } = self.norm;
        let width = weight.len();
        let NormTape { input: kept, output, inverse } = self.tape;
        let rows = self.input.chunks_exact(width).zip(output.chunks_exact_mut(width));
        for (((input, output), kept), inverse) in rows.zip(kept.chunks_exact_mut(width)).zip(inverse) {
            let mean_square = sum_of_products(input, input) / width as f32;
            let scale = inverse_root(mean_square, epsilon);
            *inverse = scale;
            for (((output, kept), input), weight) in output.iter_mut().zip(kept).zip(input).zip(weight) {
                *output = V::narrow(scale * weight * input);
                *kept = V::narrow(*input);
            }
        }
    }
}

struct Backward<'a, V> {
    norm: Norm<'a>,
    tape: &'a NormTape<V>,
    slope: &'a mut [f32],
    to: &'a mut [f32],
}

impl<V: Value> Kernel for Backward<'_, V> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let weight = self.norm.weight;
        let width = weight.len();
        let rows = self.tape.input.chunks_exact(width).zip(&self.tape.inverse);
        let slopes = self.slope.chunks_exact_mut(width).zip(self.to.chunks_exact_mut(width));
        for ((input, scale), (slope, to)) in rows.zip(slopes) {
            for (slope, weight) in slope.iter_mut().zip(weight) {
                *slope *= weight;
            }
            let along = sum_of_products(slope, input);
            let pull = scale * scale * scale * along / width as f32;
            for ((to, slope), input) in to.iter_mut().zip(slope).zip(input) {
                *to += scale * *slope - pull * input.widen();
            }
        }
    }
}
