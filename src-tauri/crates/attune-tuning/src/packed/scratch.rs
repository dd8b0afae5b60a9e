//! Buffers for what does not outlive an operation, which keep their memory from step to step.

/// Mostly slopes on their way; each is filled before it is read.
#[derive(Debug, Default)]
pub(super) struct Scratch {
    pub(super) joined: Vec<f32>,
    pub(super) queries: Vec<f32>,
    pub(super) keys: Vec<f32>,
    pub(super) values: Vec<f32>,
    /// By what a part adds to the residual stream, where dropout changes it on the way.
    pub(super) added: Vec<f32>,
    /// Weights of one row and head after dropout.
    pub(super) weights: Vec<f32>,
    /// Of one row and head.
    pub(super) scores: Vec<f32>,
    pub(super) normed: Vec<f32>,
    pub(super) gate: Vec<f32>,
    pub(super) up: Vec<f32>,
    pub(super) inner: Vec<f32>,
    /// By what comes out of a LoRA's A.
    pub(super) low: Vec<f32>,
}
