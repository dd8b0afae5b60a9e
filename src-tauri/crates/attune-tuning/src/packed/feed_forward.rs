//! The gated feed-forward part over packed positions, both ways.
//!
//! Source: Hendrycks, Gimpel 2016, "Gaussian Error Linear Units" (the tanh approximation, `gelu_new`); Shazeer 2020,
//! "GLU Variants Improve Transformer".

use super::dropping::Dropping;
use super::linear::{Filled, Linear, LinearTape};
use super::norm::{Norm, NormTape};
use super::number::Number;
use super::rows::Rows;
use super::scratch::{Scratch, fit};
use crate::DropoutPlace;
use crate::kernels::{Previous, Value};
use crate::vectors::{CUBE, GatedGelu, Kernel, LOGISTIC_SCALE, add, logistic, vectorised};

/// A norm, a gated feed-forward part, and what they add to the residual stream.
pub(super) struct FeedForward<'w, V: Number> {
    pub(super) norm: Norm<'w>,
    pub(super) gate: Linear<'w, V>,
    pub(super) up: Linear<'w, V>,
    pub(super) down: Linear<'w, V>,
    /// Its layer's number in the stack.
    pub(super) layer: usize,
    /// Whether the residual stream before it depends on the adapter.
    pub(super) input_depends: bool,
}

/// What the way back needs.
#[derive(Debug, Default)]
pub(super) struct FeedForwardTape<V> {
    norm: NormTape<V>,
    /// `[positions, feed_forward_width]`, as the other two.
    gate: Vec<V>,
    up: Vec<V>,
    /// `gelu(gate) ∘ up`, after dropout; empty where LoRA does not need it for `down`.
    inner: Vec<V>,
    gate_tape: LinearTape,
    up_tape: LinearTape,
    down_tape: LinearTape,
}

impl<V: Number> FeedForward<'_, V> {
    pub(super) fn is_adapted(&self) -> bool {
        [&self.gate, &self.up, &self.down].into_iter().any(Linear::is_adapted)
    }

    /// Whether the residual stream after it depends on the adapter.
    pub(super) fn output_depends(&self) -> bool {
        self.input_depends || self.is_adapted()
    }

    /// Adds `(gelu(n · Wgᵀ) ∘ (n · Wuᵀ)) · Wdᵀ`, with `n` the normed state, to the state of `[positions, width]`.
    pub(super) fn forward(
        &self,
        state: &mut [f32],
        rows: &Rows,
        dropping: Dropping<'_>,
        tape: &mut FeedForwardTape<V>,
        scratch: &mut Scratch<V>,
    ) {
        self.norm.forward(state, &mut tape.norm);
        let inner = state.len() / self.gate.inputs * self.gate.outputs;
        let Scratch { linear, added, inner: kept_by_none, .. } = scratch;
        let kept = if self.down.is_adapted() { &mut tape.inner } else { kept_by_none };
        for buffer in [&mut tape.gate, &mut tape.up, &mut *kept] {
            fit(buffer, inner);
        }
        let normed = &tape.norm.output;
        self.gate.forward(normed, &mut tape.gate_tape, Filled::Values(&mut tape.gate), linear);
        self.up.forward(normed, &mut tape.up_tape, Filled::Values(&mut tape.up), linear);
        vectorised(GatedGelu { gate: &tape.gate, up: &tape.up, inner: kept });
        if !dropping.is_on() {
            let state = Filled::Wide(state, Previous::AddedTo);
            self.down.forward(kept, &mut tape.down_tape, state, linear);
            return;
        }
        dropping.apply(DropoutPlace::Inner(self.layer), rows, kept);
        fit(added, state.len());
        let into = Filled::Wide(&mut *added, Previous::Replaced);
        self.down.forward(kept, &mut tape.down_tape, into, linear);
        dropping.apply(DropoutPlace::FeedForwardOutput(self.layer), rows, added);
        add(state, added);
    }

    /// The way back of [`Self::forward`], as far as something depends on the adapter: `state` is the slope by the
    /// residual stream after it when it comes in, and before it when it goes out.
    pub(super) fn backward(
        &self,
        state: &mut [f32],
        rows: &Rows,
        dropping: Dropping<'_>,
        tape: &FeedForwardTape<V>,
        gradient: &mut [f32],
        scratch: &mut Scratch<V>,
    ) {
        let Scratch { linear, normed, gate, up, inner, added, slope, .. } = scratch;
        fit(inner, tape.gate.len());
        let goes_on = self.input_depends || self.gate.is_adapted() || self.up.is_adapted();
        let into_inner = goes_on.then_some(Filled::Values(&mut inner[..]));
        let mut down_slope = &*state;
        if dropping.is_on() {
            added.clear();
            added.extend_from_slice(state);
            dropping.apply(DropoutPlace::FeedForwardOutput(self.layer), rows, added);
            down_slope = added;
        }
        let down_slope = V::narrowed(down_slope, slope);
        self.down.backward(&tape.inner, &tape.down_tape, down_slope, into_inner, gradient, linear);
        if !goes_on {
            return;
        }
        dropping.apply(DropoutPlace::Inner(self.layer), rows, inner);
        fit(gate, tape.gate.len());
        fit(up, tape.up.len());
        let (d_inner, d_gate, d_up) = (&inner[..], &mut gate[..], &mut up[..]);
        vectorised(GatedGeluBackward { gate: &tape.gate, up: &tape.up, d_inner, d_gate, d_up });
        fit(normed, tape.norm.output.len());
        let x = &tape.norm.output;
        let into = self.input_depends.then_some(Filled::Wide(&mut normed[..], Previous::Replaced));
        self.gate.backward(x, &tape.gate_tape, gate, into, gradient, linear);
        let into = self.input_depends.then_some(Filled::Wide(&mut normed[..], Previous::AddedTo));
        self.up.backward(x, &tape.up_tape, up, into, gradient, linear);
        if self.input_depends {
            self.norm.backward(&tape.norm, normed, state);
        }
    }
}

/// `d_up = d_inner ∘ gelu(gate)` and `d_gate = d_inner ∘ up ∘ (σ + gate · σ · (1 - σ) · y')`.
struct GatedGeluBackward<'a, V> {
    gate: &'a [V],
    up: &'a [V],
    d_inner: &'a [V],
    d_gate: &'a mut [V],
    d_up: &'a mut [V],
}

impl<V: Value> Kernel for GatedGeluBackward<'_, V> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let slopes = self.d_inner.iter().zip(self.d_gate).zip(self.d_up);
        for ((gate, up), ((d_inner, d_gate), d_up)) in self.gate.iter().zip(self.up).zip(slopes) {
            let (gate, up, d_inner) = (gate.widen(), up.widen(), d_inner.widen());
            let share = logistic(gate);
            let activated = gate * share;
            let inner_slope = LOGISTIC_SCALE * (1.0 + 3.0 * CUBE * gate * gate);
            *d_gate = V::narrow(d_inner * up * (share + activated * (1.0 - share) * inner_slope));
            *d_up = V::narrow(d_inner * activated);
        }
    }
}
