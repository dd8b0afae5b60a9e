//! The learning self-check: can these settings learn anything from these examples?
//!
//! Not here: when it is made or skipped (the engine's). It works on a copy: the run after it starts afresh.

use std::ops::ControlFlow;

use super::run::Run;
use super::{Decay, Training, TrainingConfig};
use crate::{Error, PackedPass, Result, TrainingPass};

/// Steps of the check.
const STEPS: usize = 8;
/// By this share of itself the loss must fall at least.
const FALL: f64 = 0.01;

/// A self-check that was passed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SelfCheck {
    /// Mean cross-entropy per target token of the batch before the first step, in nats.
    pub loss_before: f64,
    /// The same after the last.
    pub loss_after: f64,
}

/// Takes eight steps on one fixed batch, the first of the run, without warm-up and without dropout: the loss must fall
/// by 1 % at least and the adapter must change. What chance leaves out must not decide whether a run may begin.
///
/// The observer is asked before each step; after a `Break` there is nothing to tell, and the answer is `None`.
///
/// # Errors
/// [`Error::NothingChanged`] or [`Error::NothingLearned`] with the reason, [`Error::Diverged`] if a number stops
/// being finite, and whatever [`Training::run`] refuses.
pub fn self_check(
    training: &Training<'_>,
    observer: &mut dyn FnMut() -> ControlFlow<()>,
) -> Result<Option<SelfCheck>> {
    let config = TrainingConfig { warmup_steps: 0, decay: Decay::Constant, ..training.config.clone() };
    let copy = Training { config: &config, resume: None, ..*training };
    let mut run = Run::new(&copy)?;
    let mut pass = PackedPass::new(training.base, config.method.kind(), config.precision)?;
    let batches = run.first_batch()?;
    let start = run.state.adapter.clone();
    let mut losses = Vec::with_capacity(STEPS + 1);
    for _ in 0..STEPS {
        if observer().is_break() {
            return Ok(None);
        }
        losses.push(run.step(&mut pass, &batches)?.loss);
    }
    for batch in &batches {
        losses.push(pass.loss(&run.state.adapter, batch)?.mean);
    }
    let learning_rate = config.learning_rate;
    if run.state.adapter == start {
        return Err(Error::NothingChanged { steps: STEPS, learning_rate });
    }
    let (loss_before, loss_after) = (losses[0], losses[losses.len() - 1]);
    // Written so that a loss that is no number does not pass.
    if loss_after <= loss_before * (1.0 - FALL) {
        return Ok(Some(SelfCheck { loss_before, loss_after }));
    }
    Err(Error::NothingLearned { steps: STEPS, loss_before, loss_after, learning_rate })
}
