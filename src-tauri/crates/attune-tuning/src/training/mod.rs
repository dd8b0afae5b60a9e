//! The training run: examples, batches, steps, evaluations, reports.
//!
//! Not here: how a gradient is computed (`pass`), where progress is shown and checkpoints are kept, what a run is
//! called, time.
//! Invariant: the seed decides everything; the same seed and settings give the same adapter, bit for bit, whether
//! or not the run was stopped and resumed.

mod checkpoint;
mod computation;
mod config;
mod memory;
mod order;
mod run;
mod self_check;

use std::ops::ControlFlow;

pub use checkpoint::Checkpoint;
pub use computation::Computation;
pub use config::{Decay, InitialPrompt, Method, TrainingConfig};
pub use memory::training_memory;
use run::{End, Run, RunState};
pub use self_check::{SelfCheck, self_check};

use crate::{Adapter, BaseModel, Error, Example, PackedPass, Result, TrainingPass};

/// What one step did.
#[derive(Debug, Clone, PartialEq)]
pub struct StepReport {
    /// The step just done, from 1.
    pub step: usize,
    /// How many steps the run has.
    pub total_steps: usize,
    /// The epoch it belongs to, from 1.
    pub epoch: usize,
    /// Mean cross-entropy per target token of its batches, in nats, before the step.
    pub loss: f64,
    /// The learning rate it was done with.
    pub learning_rate: f64,
    /// Length (L2) of the gradient before it was clipped.
    pub gradient_norm: f64,
    /// Target tokens of its batches.
    pub target_tokens: usize,
    /// Source and target tokens of its batches.
    pub tokens: usize,
    /// Whether it is the last of its epoch.
    pub ends_epoch: bool,
}

/// What an evaluation of the held-out examples found.
#[derive(Debug, Clone, PartialEq)]
pub struct ValidationReport {
    /// The step it was made after.
    pub step: usize,
    /// The epoch of that step, from 1.
    pub epoch: usize,
    /// Mean cross-entropy per target token of all held-out examples, in nats.
    pub loss: f64,
    /// The step after which that loss was lowest so far.
    pub best_step: usize,
    /// The lowest so far.
    pub best_loss: f64,
}

/// What just happened.
#[derive(Debug, Clone, Copy)]
pub enum TrainingEvent<'r> {
    /// The examples are encoded and the first step is next, of a resumed run the first one more.
    Begun {
        /// Steps that are done already.
        steps: usize,
        /// How many steps the run has, those before a checkpoint included.
        total_steps: usize,
        /// Examples of which an input or output was cut to its limit of tokens, held-out ones included.
        cut_examples: usize,
    },
    /// An evaluation of the held-out examples goes on: so many of them are done.
    Evaluating {
        /// Examples that are done; 0 where it begins.
        done: usize,
        /// All held-out examples.
        of: usize,
    },
    /// A step was done.
    Step(&'r StepReport),
    /// The held-out examples were evaluated.
    Validation(&'r ValidationReport),
}

/// What the observer is shown.
#[derive(Debug, Clone, Copy)]
pub struct Progress<'r> {
    /// What just happened.
    pub event: TrainingEvent<'r>,
    state: &'r RunState,
}

impl Progress<'_> {
    /// The run as it stands, to go on from; see [`Training::resume`].
    pub fn checkpoint(&self) -> Checkpoint {
        Checkpoint(self.state.clone())
    }
}

/// The held-out loss of the adapter that was kept.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Validated {
    /// The step it was reached after.
    pub step: usize,
    /// Mean cross-entropy per target token of all held-out examples, in nats.
    pub loss: f64,
}

/// An adapter and how its training ended.
#[derive(Debug, Clone, PartialEq)]
pub struct TrainedAdapter {
    /// The adapter with the lowest loss on the held-out examples; where none was evaluated, the last one.
    pub adapter: Adapter,
    /// What that loss was; none where no held-out example was evaluated.
    pub validated: Option<Validated>,
    /// Mean cross-entropy per target token over the last epoch, in nats, each batch before its step. After a
    /// run that ended before its last step: over what was done of its epoch.
    pub final_loss: f64,
    /// Steps done.
    pub steps: usize,
    /// Whether the run ended because the held-out loss improved no more.
    pub stopped_early: bool,
    /// Examples of which an input or output was cut to its limit of tokens.
    pub cut_examples: usize,
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq)]
pub enum TrainingOutcome {
    /// All steps were done, or the held-out loss improved no more.
    Finished(TrainedAdapter),
    /// The observer asked to stop.
    Cancelled {
        /// The adapter as far as it came.
        trained: TrainedAdapter,
        /// What the run can go on from.
        checkpoint: Box<Checkpoint>,
    },
}

/// Trains an adapter on the examples: [`Training`] with nothing but them.
///
/// # Errors
/// As [`Training::run`].
pub fn train(
    base: &BaseModel,
    examples: &[Example],
    config: &TrainingConfig,
    observer: &mut dyn FnMut(&StepReport) -> ControlFlow<()>,
) -> Result<TrainingOutcome> {
    Training::new(base, examples, config).run(&mut |progress| match progress.event {
        TrainingEvent::Step(report) => observer(report),
        TrainingEvent::Begun { .. } | TrainingEvent::Evaluating { .. } | TrainingEvent::Validation(_) => {
            ControlFlow::Continue(())
        }
    })
}

/// What a run works with.
#[derive(Debug, Clone, Copy)]
pub struct Training<'t> {
    /// The base model, which is not changed.
    pub base: &'t BaseModel,
    /// What is learned.
    pub examples: &'t [Example],
    /// What is never learned and decides which adapter is kept; may be empty.
    pub held_out: &'t [Example],
    /// The settings.
    pub config: &'t TrainingConfig,
    /// The adapter to begin with, with a fresh optimiser; none begins as the settings say.
    pub start: Option<&'t Adapter>,
    /// The checkpoint to go on from, with the same base model, examples and settings; it goes before `start`.
    pub resume: Option<&'t Checkpoint>,
}

impl<'t> Training<'t> {
    /// A run from the beginning, with nothing held out.
    pub fn new(base: &'t BaseModel, examples: &'t [Example], config: &'t TrainingConfig) -> Self {
        Self { base, examples, held_out: &[], config, start: None, resume: None }
    }

    /// Trains on a [`PackedPass`].
    ///
    /// The observer is called before the first step, after every step, and in and after every evaluation. `Break`
    /// ends the run with [`TrainingOutcome::Cancelled`]; after the last step and the last evaluation it comes too late.
    ///
    /// # Errors
    /// An impossible setting, no examples, a start of another kind than the settings',
    /// [`Error::CheckpointOfAnotherRun`], or [`Error::Diverged`] when a loss or gradient stops being finite.
    pub fn run(self, observer: &mut dyn FnMut(Progress<'_>) -> ControlFlow<()>) -> Result<TrainingOutcome> {
        self.config.validate()?;
        let TrainingConfig { method, precision, .. } = self.config;
        self.run_with(&mut PackedPass::new(self.base, method.kind(), *precision)?, observer)
    }

    /// [`Self::run`] with a pass of the caller's choice, which must be for the settings' kind of adapter.
    ///
    /// # Errors
    /// As [`Self::run`], and whatever the pass refuses.
    pub fn run_with(
        self,
        pass: &mut dyn TrainingPass,
        observer: &mut dyn FnMut(Progress<'_>) -> ControlFlow<()>,
    ) -> Result<TrainingOutcome> {
        let mut run = Run::new(&self)?;
        let end = run.go_on(pass, observer)?;
        let state = &run.state;
        let kept = state.best.as_ref().map_or(&state.adapter, |best| &best.adapter);
        let trained = TrainedAdapter {
            adapter: self.config.method.kind().adapter(self.base, kept.clone())?,
            validated: state.best.as_ref().map(|best| Validated { step: best.step, loss: best.loss }),
            final_loss: state.epoch_loss.mean(),
            steps: state.steps(),
            stopped_early: end == End::NoImprovement,
            cut_examples: run.cut_examples,
        };
        Ok(match end {
            End::AllSteps | End::NoImprovement => TrainingOutcome::Finished(trained),
            End::Asked => TrainingOutcome::Cancelled { trained, checkpoint: Box::new(Checkpoint(run.state)) },
        })
    }

    /// The adapter before the first step.
    fn first_adapter(&self) -> Result<Adapter> {
        let Some(start) = self.start else { return self.config.start(self.base, self.examples) };
        let (found, needed) = (start.kind(), self.config.method.kind());
        if found != needed {
            return Err(Error::StartOfAnotherKind { found: Box::new(found), needed: Box::new(needed) });
        }
        start.refuse_other_base(self.base)?;
        Ok(start.clone())
    }
}
