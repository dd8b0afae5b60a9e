//! The seam between the trainer and the arithmetic.
//!
//! The trainer knows only this trait; the readable pass (`autograd`) is what the fast one (`packed`) is tested against.

use crate::{PackedBatch, Result};

/// The loss of one batch.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Loss {
    /// Mean cross-entropy per target token, in nats.
    pub mean: f64,
    /// How many target tokens the mean is over.
    pub target_tokens: usize,
}

/// Computes the loss of a batch and its gradient by the adapter.
pub trait TrainingPass {
    /// The mean cross-entropy over all target tokens of the batch, and its gradient, both with the dropout that the
    /// batch carries.
    ///
    /// `adapter` and `gradient` are flat vectors of the adapter's layout; `gradient` is overwritten. A loss
    /// that is not finite is a value, not an error: the trainer decides what it means.
    ///
    /// # Errors
    /// If a length does not fit the adapter's layout or a token has no embedding.
    fn loss_and_gradient(
        &mut self,
        adapter: &[f32],
        batch: &PackedBatch,
        gradient: &mut [f32],
    ) -> Result<Loss>;

    /// The mean cross-entropy over all target tokens of the batch, without a gradient and without dropout.
    ///
    /// # Errors
    /// As [`Self::loss_and_gradient`].
    fn loss(&mut self, adapter: &[f32], batch: &PackedBatch) -> Result<Loss>;
}
