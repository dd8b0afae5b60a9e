//! What a run is computed in: the precision that was asked for, or the fastest one that can be trusted with these rows.
//!
//! bf16 is trusted where the machine computes it faster and its losses and gradients are those of f32, at the adapters of
//! the first steps. Four rows are enough to see a base whose weights bf16 does not bear; that the settings learn is the
//! self-check's matter.
//! Invariant: the f32 weights that are read for the comparison are gone before those in bf16 are packed, so that a run in
//! bf16 never holds both.

use std::ops::ControlFlow;

use super::run::{Run, norm};
use super::{Decay, Training, TrainingConfig};
use crate::kernels::{self, Kernel};
use crate::{BaseModel, PackedPass, Precision, Result, TrainingPass};

/// Rows that both compute.
pub(super) const ROWS: usize = 4;
/// Steps that both take.
const STEPS: usize = 2;
/// By this share of f32's loss another may lie apart.
const LOSSES_APART: f64 = 0.01;
/// And by this share of its length a gradient: twice what rounding does to trained weights, half of what it does to
/// some that cannot bear it.
const GRADIENTS_APART: f64 = 0.2;

/// What a run is computed in.
#[derive(Debug, Clone, PartialEq)]
pub struct Computation {
    /// Never [`Precision::Auto`].
    pub precision: Precision,
    /// What multiplies.
    pub kernel: Kernel,
    /// Why, for people to read.
    pub why: String,
}

impl Computation {
    /// Settles what this training is computed in. Where that is left to us and the machine has bf16, a few steps are
    /// computed both ways, which takes about as long as two steps on four rows in f32.
    ///
    /// The observer is asked before each step; after a `Break` there is nothing to tell, and the answer is `None`.
    ///
    /// # Errors
    /// Whatever [`Training::run`] refuses, and [`Error::Diverged`](crate::Error::Diverged) if f32 itself leaves the numbers.
    pub fn settle(
        training: &Training<'_>,
        observer: &mut dyn FnMut() -> ControlFlow<()>,
    ) -> Result<Option<Self>> {
        let best = kernels::chosen();
        let in_f32 = |why: String| Self { precision: Precision::F32, kernel: kernels::chosen_for_f32(), why };
        let in_bf16 = |why: String| Self { precision: Precision::Bf16, kernel: best.kernel, why };
        match training.config.precision {
            Precision::F32 => return Ok(Some(in_f32("f32 was asked for".to_owned()))),
            Precision::Bf16 => return Ok(Some(in_bf16("bf16 was asked for".to_owned()))),
            Precision::Auto if !best.kernel.has_bf16() => return Ok(Some(in_f32(best.why.clone()))),
            Precision::Auto => {}
        }
        let Some(exact) = exact_steps(training, observer)? else { return Ok(None) };
        if observer().is_break() {
            return Ok(None);
        }
        let [loss, gradient] = furthest_apart(training, &exact)?;
        let found = format!(
            "at the first {STEPS} steps its losses are {:.2} % from those of f32 and its gradients {:.0} %",
            100.0 * loss,
            100.0 * gradient
        );
        Ok(Some(match loss <= LOSSES_APART && gradient <= GRADIENTS_APART {
            true => in_bf16(format!("bf16 is faster here, and {found}")),
            false => in_f32(format!("bf16 would be faster, but {found}")),
        }))
    }
}

/// A step as f32 took it.
struct ExactStep {
    adapter: Vec<f32>,
    loss: f64,
    gradient: Vec<f32>,
}

/// The first steps on a small batch, dropout left out.
fn exact_steps(
    training: &Training<'_>,
    observer: &mut dyn FnMut() -> ControlFlow<()>,
) -> Result<Option<Vec<ExactStep>>> {
    let base = training.base.apart();
    let config = small(training, Precision::F32);
    let mut run = Run::new(&few_rows(training, &base, &config))?;
    let mut pass = PackedPass::new(&base, config.method.kind(), config.precision)?;
    let batches = run.first_batch()?;
    let mut steps = Vec::with_capacity(STEPS);
    for _ in 0..STEPS {
        if observer().is_break() {
            return Ok(None);
        }
        let adapter = run.state.adapter.clone();
        let loss = run.step(&mut pass, &batches)?.loss;
        steps.push(ExactStep { adapter, loss, gradient: run.share.clone() });
    }
    Ok(Some(steps))
}

/// How far losses and gradients in bf16 are from these at most, as shares of them; what is no number is far.
fn furthest_apart(training: &Training<'_>, exact: &[ExactStep]) -> Result<[f64; 2]> {
    let config = small(training, Precision::Bf16);
    let run = Run::new(&few_rows(training, training.base, &config))?;
    let mut pass = PackedPass::new(training.base, config.method.kind(), config.precision)?;
    let mut gradient = run.share.clone();
    let mut furthest = [0.0; 2];
    for batch in &run.first_batch()? {
        for step in exact {
            let loss = pass.loss_and_gradient(&step.adapter, batch, &mut gradient)?.mean;
            let difference: Vec<f32> =
                gradient.iter().zip(&step.gradient).map(|(near, exact)| near - exact).collect();
            let apart = [(loss - step.loss).abs() / step.loss, norm(&difference) / norm(&step.gradient)];
            for (furthest, apart) in furthest.iter_mut().zip(apart) {
                *furthest = if apart <= *furthest { *furthest } else { apart };
            }
        }
    }
    Ok(furthest)
}

fn small(training: &Training<'_>, precision: Precision) -> TrainingConfig {
    TrainingConfig { warmup_steps: 0, decay: Decay::Constant, precision, ..training.config.clone() }
}

fn few_rows<'t>(training: &Training<'t>, base: &'t BaseModel, config: &'t TrainingConfig) -> Training<'t> {
    let examples = &training.examples[..ROWS.min(training.examples.len())];
    Training { base, examples, held_out: &[], config, resume: None, ..*training }
}
