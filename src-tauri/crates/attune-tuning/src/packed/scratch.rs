//! Buffers for what does not outlive an operation, which keep their memory from step to step.

use super::linear::LinearScratch;
use super::number::Number;
use crate::kernels::Kernels;

/// Mostly slopes on their way; each is filled before it is read.
#[derive(Debug)]
pub(super) struct Scratch<V: Number> {
    pub(super) linear: LinearScratch<V>,
    pub(super) joined: Vec<V>,
    pub(super) queries: Vec<V>,
    pub(super) keys: Vec<V>,
    pub(super) values: Vec<V>,
    /// By what a part adds to the residual stream, where dropout changes it on the way.
    pub(super) added: Vec<f32>,
    /// The same, or the residual stream's slope, in the pass's own numbers.
    pub(super) slope: Vec<V>,
    /// Weights of one row and head after dropout.
    pub(super) weights: Vec<V>,
    /// Of one row and head.
    pub(super) scores: Vec<f32>,
    /// By the scores, in the pass's own numbers.
    pub(super) score_slopes: Vec<V>,
    pub(super) normed: Vec<f32>,
    pub(super) gate: Vec<V>,
    pub(super) up: Vec<V>,
    pub(super) inner: Vec<V>,
}

impl<V: Number> Scratch<V> {
    pub(super) fn new(kernels: Kernels) -> Self {
        Self {
            linear: LinearScratch::new(kernels),
            joined: Vec::new(),
            queries: Vec::new(),
            keys: Vec::new(),
            values: Vec::new(),
            added: Vec::new(),
            slope: Vec::new(),
            weights: Vec::new(),
            scores: Vec::new(),
            score_slopes: Vec::new(),
            normed: Vec::new(),
            gate: Vec::new(),
            up: Vec::new(),
            inner: Vec::new(),
        }
    }
}

/// Makes a buffer so long; what was in it is of no use any more. One that is too small is given back before a larger one
/// is taken, with room for longer rows than these: memory that is not written to costs nothing, and many sizes of
/// buffers leave holes that nothing fits into.
pub(super) fn fit<T: Copy + Default>(buffer: &mut Vec<T>, length: usize) {
    if buffer.capacity() < length {
        *buffer = Vec::new();
        buffer.reserve_exact(length + length / 2);
    }
    buffer.resize(length, T::default());
}
