//! The training run: examples, batches, steps, reports.
//!
//! Not here: how a gradient is computed (`pass`), where progress is shown, what a run is called, time.
//! Invariant: the seed decides everything; the same seed and settings give the same adapter, bit for bit.

mod config;

use std::ops::ControlFlow;

use rand::{SeedableRng, seq::SliceRandom};
use rand_chacha::ChaCha8Rng;

pub use config::{InitialPrompt, Method, TrainingConfig};

use crate::{
    AdamW, Adapter, AutogradPass, BaseModel, EncodedExample, Error, Example, Loss, PackedBatch, Quantity,
    Result, TrainingPass,
};

/// What one step did.
#[derive(Debug, Clone, PartialEq)]
pub struct StepReport {
    /// The step just done, from 1.
    pub step: usize,
    /// How many steps the run has.
    pub total_steps: usize,
    /// The epoch it belongs to, from 1.
    pub epoch: usize,
    /// Mean cross-entropy per target token of its batch, in nats, before the step.
    pub loss: f64,
    /// The learning rate it was done with.
    pub learning_rate: f64,
    /// Length (L2) of the gradient before it was clipped.
    pub gradient_norm: f64,
    /// Target tokens of its batch.
    pub target_tokens: usize,
    /// Source and target tokens of its batch.
    pub tokens: usize,
}

/// An adapter and how its training ended.
#[derive(Debug, Clone, PartialEq)]
pub struct TrainedAdapter {
    /// The adapter after the last step.
    pub adapter: Adapter,
    /// Mean cross-entropy per target token over the last epoch, in nats, each batch before its step. After a
    /// cancelled run: over what was done of the epoch it was cancelled in.
    pub final_loss: f64,
    /// Steps done.
    pub steps: usize,
    /// Examples of which an input or output was cut to its limit of tokens.
    pub cut_examples: usize,
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq)]
pub enum TrainingOutcome {
    /// All steps were done.
    Finished(TrainedAdapter),
    /// The observer asked to stop; the adapter is as far as it came.
    Cancelled(TrainedAdapter),
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
    Training { base, examples, config, start: None }.run(observer)
}

/// What a run works with.
#[derive(Debug, Clone, Copy)]
pub struct Training<'t> {
    /// The base model, which is not changed.
    pub base: &'t BaseModel,
    /// What is learned.
    pub examples: &'t [Example],
    /// The settings.
    pub config: &'t TrainingConfig,
    /// The adapter to go on from, with a fresh optimiser; none starts as the settings say.
    pub start: Option<&'t Adapter>,
}

impl Training<'_> {
    /// Trains on candle's autograd.
    ///
    /// The observer is called after every step; `Break` ends the run with [`TrainingOutcome::Cancelled`],
    /// unless no step was left.
    ///
    /// # Errors
    /// An impossible setting, no examples, a start of another kind than the settings', or
    /// [`Error::Diverged`] when a loss or gradient stops being finite.
    pub fn run(self, observer: &mut dyn FnMut(&StepReport) -> ControlFlow<()>) -> Result<TrainingOutcome> {
        self.config.validate()?;
        self.run_with(&mut AutogradPass::new(self.base, self.config.method.kind())?, observer)
    }

    /// [`Self::run`] with a pass of the caller's choice, which must be for the settings' kind of adapter.
    ///
    /// # Errors
    /// As [`Self::run`], and whatever the pass refuses.
    pub fn run_with(
        self,
        pass: &mut dyn TrainingPass,
        observer: &mut dyn FnMut(&StepReport) -> ControlFlow<()>,
    ) -> Result<TrainingOutcome> {
        train_with(self, pass, observer)
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

fn train_with(
    training: Training<'_>,
    pass: &mut dyn TrainingPass,
    observer: &mut dyn FnMut(&StepReport) -> ControlFlow<()>,
) -> Result<TrainingOutcome> {
    let Training { base, examples, config, .. } = training;
    config.validate()?;
    if examples.is_empty() {
        return Err(Error::NoExamples);
    }
    let (mut encoded, cut_examples) = encode(base, examples, config)?;
    let start = training.first_adapter()?;
    let parameters = start.values().len();
    let mut run = Run {
        config,
        total_steps: config.epochs * encoded.len().div_ceil(config.batch_size),
        step: 0,
        optimizer: AdamW::new(parameters, config.weight_decay),
        gradient: vec![0.0; parameters],
        adapter: start.values().to_vec(),
    };
    let mut order = ChaCha8Rng::seed_from_u64(config.seed);
    // The start draws from stream 0 of the same seed.
    order.set_stream(1);

    let mut epoch_loss = MeanLoss::default();
    let mut cancelled = false;
    'epochs: for epoch in 1..=config.epochs {
        encoded.shuffle(&mut order);
        epoch_loss = MeanLoss::default();
        for examples in encoded.chunks(config.batch_size) {
            let (report, loss) = run.step(pass, &PackedBatch::pack(examples)?, epoch)?;
            epoch_loss.add(loss);
            if observer(&report).is_break() && run.step < run.total_steps {
                cancelled = true;
                break 'epochs;
            }
        }
    }
    let adapter = TrainedAdapter {
        adapter: config.method.kind().adapter(base, run.adapter)?,
        final_loss: epoch_loss.mean(),
        steps: run.step,
        cut_examples,
    };
    Ok(if cancelled { TrainingOutcome::Cancelled(adapter) } else { TrainingOutcome::Finished(adapter) })
}

/// Encodes the examples and counts those that had to be cut.
fn encode(
    base: &BaseModel,
    examples: &[Example],
    config: &TrainingConfig,
) -> Result<(Vec<EncodedExample>, usize)> {
    let tokenizer = base.tokenizer();
    let mut cut_examples = 0;
    let mut encoded = Vec::with_capacity(examples.len());
    for example in examples {
        let mut source = tokenizer.encode_whole(&example.input)?;
        let mut target = tokenizer.encode_whole(&example.output)?;
        let source_cut = tokenizer.shorten(&mut source, config.source_max_tokens)?;
        let target_cut = tokenizer.shorten(&mut target, config.target_max_tokens)?;
        cut_examples += usize::from(source_cut || target_cut);
        encoded.push(EncodedExample { source, target });
    }
    Ok((encoded, cut_examples))
}

struct Run<'c> {
    config: &'c TrainingConfig,
    total_steps: usize,
    step: usize,
    optimizer: AdamW,
    gradient: Vec<f32>,
    adapter: Vec<f32>,
}

impl Run<'_> {
    fn step(
        &mut self,
        pass: &mut dyn TrainingPass,
        batch: &PackedBatch,
        epoch: usize,
    ) -> Result<(StepReport, Loss)> {
        let learning_rate = self.config.learning_rate_at(self.step, self.total_steps);
        self.step += 1;
        let step = self.step;
        let diverged = |quantity| Error::Diverged { step, quantity, learning_rate };

        let loss = pass.loss_and_gradient(&self.adapter, batch, &mut self.gradient)?;
        if !loss.mean.is_finite() {
            return Err(diverged(Quantity::Loss));
        }
        let gradient_norm = norm(&self.gradient);
        if !gradient_norm.is_finite() {
            return Err(diverged(Quantity::Gradient));
        }
        if let Some(clip) = self.config.gradient_clip {
            // The small term is that of torch.nn.utils.clip_grad_norm_, so that runs can be compared.
            let scale = (clip / (gradient_norm + 1e-6)).min(1.0) as f32;
            self.gradient.iter_mut().for_each(|slope| *slope *= scale);
        }
        self.optimizer.step(&mut self.adapter, &self.gradient, learning_rate)?;
        if self.adapter.iter().any(|value| !value.is_finite()) {
            return Err(diverged(Quantity::Adapter));
        }
        let report = StepReport {
            step,
            total_steps: self.total_steps,
            epoch,
            loss: loss.mean,
            learning_rate,
            gradient_norm,
            target_tokens: loss.target_tokens,
            tokens: batch.tokens(),
        };
        Ok((report, loss))
    }
}

fn norm(values: &[f32]) -> f64 {
    values.iter().map(|value| f64::from(*value).powi(2)).sum::<f64>().sqrt()
}

/// A mean over tokens, gathered batch by batch.
#[derive(Default)]
struct MeanLoss {
    sum: f64,
    target_tokens: usize,
}

impl MeanLoss {
    fn add(&mut self, loss: Loss) {
        self.sum += loss.mean * loss.target_tokens as f64;
        self.target_tokens += loss.target_tokens;
    }

    fn mean(&self) -> f64 {
        self.sum / self.target_tokens.max(1) as f64
    }
}
