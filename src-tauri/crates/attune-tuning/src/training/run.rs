//! The run itself: steps, evaluations, and when to end.
//!
//! Not here: what the caller sees of it (`training`) and how its state is stored (`checkpoint`).
//! Invariant: what happens next depends on [`RunState`] and what the caller brings, on nothing else; a checkpoint
//! is that state.

use std::ops::ControlFlow;

use super::order::EpochOrder;
use super::{Checkpoint, Progress, StepReport, Training, TrainingConfig, TrainingEvent, ValidationReport};
use crate::{
    AdamW, BaseModel, Dropout, EncodedExample, Error, Example, Loss, PackedBatch, Quantity, Result,
    TrainingPass,
};

/// Held-out examples that are evaluated before the observer may ask to stop: seconds at most on a large model.
const EVALUATED_AT_ONCE: usize = 32;

/// All of a run that changes.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct RunState {
    /// Of the settings and examples.
    pub(super) fingerprint: u64,
    pub(super) adapter: Vec<f32>,
    pub(super) optimizer: AdamW,
    /// Counted from 0.
    pub(super) epoch: usize,
    pub(super) steps_in_epoch: usize,
    pub(super) epoch_loss: MeanLoss,
    /// The step after which the held-out examples were last evaluated; 0 if never.
    pub(super) validated_at: usize,
    pub(super) best: Option<Best>,
}

/// The adapter with the lowest loss on the held-out examples.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Best {
    pub(super) step: usize,
    pub(super) loss: f64,
    pub(super) evaluations_since: usize,
    pub(super) adapter: Vec<f32>,
}

/// A mean over tokens, gathered batch by batch.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct MeanLoss {
    pub(super) sum: f64,
    pub(super) target_tokens: usize,
}

/// How a run came to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    AllSteps,
    NoImprovement,
    Asked,
}

/// A run and what it works with.
pub(super) struct Run<'t> {
    config: &'t TrainingConfig,
    examples: Vec<EncodedExample>,
    held_out: Vec<PackedBatch>,
    total_steps: usize,
    pub(super) cut_examples: usize,
    pub(super) state: RunState,
    gradient: Vec<f32>,
    /// The gradient of one batch of a step.
    pub(super) share: Vec<f32>,
}

impl RunState {
    pub(super) fn steps(&self) -> usize {
        self.optimizer.state().step as usize
    }
}

impl<'t> Run<'t> {
    /// A run before its first step, or where a checkpoint left it.
    pub(super) fn new(training: &Training<'t>) -> Result<Self> {
        let Training { base, config, .. } = *training;
        config.validate()?;
        if training.examples.is_empty() {
            return Err(Error::NoExamples);
        }
        let (examples, cut_examples) = encode(base, training.examples, config)?;
        let (held_out, cut_held_out) = encode(base, training.held_out, config)?;
        let fingerprint = fingerprint(config, [&examples, &held_out]);
        let held_out = held_out.chunks(EVALUATED_AT_ONCE).map(PackedBatch::pack).collect::<Result<_>>()?;
        let orders = (0..config.epochs).map(|epoch| EpochOrder::new(&examples, config, epoch));
        let total_steps = orders.map(|order| order.steps()).sum();
        let parameters = config.method.kind().layout(base)?.parameters();
        let state = match training.resume {
            Some(Checkpoint(state)) => {
                let fits = state.fingerprint == fingerprint
                    && state.adapter.len() == parameters
                    && state.epoch < config.epochs
                    && state.steps_in_epoch <= EpochOrder::new(&examples, config, state.epoch).steps();
                if !fits {
                    return Err(Error::CheckpointOfAnotherRun);
                }
                state.clone()
            }
            None => RunState {
                fingerprint,
                adapter: training.first_adapter()?.values().to_vec(),
                optimizer: AdamW::new(parameters, config.weight_decay),
                epoch: 0,
                steps_in_epoch: 0,
                epoch_loss: MeanLoss::default(),
                validated_at: 0,
                best: None,
            },
        };
        let zeros = vec![0.0; parameters];
        let (gradient, share) = (zeros.clone(), zeros);
        let cut_examples = cut_examples + cut_held_out;
        Ok(Self { config, examples, held_out, total_steps, cut_examples, state, gradient, share })
    }

    /// Takes steps until none is left, nothing improves any more, or the observer asks to stop.
    pub(super) fn go_on(
        &mut self,
        pass: &mut dyn TrainingPass,
        observer: &mut dyn FnMut(Progress<'_>) -> ControlFlow<()>,
    ) -> Result<End> {
        let mut order = self.order();
        let begun = TrainingEvent::Begun {
            steps: self.state.steps(),
            total_steps: self.total_steps,
            cut_examples: self.cut_examples,
        };
        if observer(Progress { event: begun, state: &self.state }).is_break() {
            return Ok(End::Asked);
        }
        loop {
            // Before the step and not after it, so that a run resumed here does what was still due.
            if self.validation_is_due(&order) {
                let Some(report) = self.validate(pass, observer)? else { return Ok(End::Asked) };
                let event = TrainingEvent::Validation(&report);
                if observer(Progress { event, state: &self.state }).is_break() && !self.is_done() {
                    return Ok(End::Asked);
                }
            }
            if self.is_done() {
                return Ok(End::AllSteps);
            }
            if self.patience_is_at_its_end() {
                return Ok(End::NoImprovement);
            }
            if self.state.steps_in_epoch == order.steps() {
                self.state.epoch += 1;
                self.state.steps_in_epoch = 0;
                self.state.epoch_loss = MeanLoss::default();
                order = self.order();
            }
            let batches = self.with_dropout(order.step(self.state.steps_in_epoch, &self.examples)?);
            let report = self.step(pass, &batches)?;
            self.state.steps_in_epoch += 1;
            let report = StepReport { ends_epoch: self.state.steps_in_epoch == order.steps(), ..report };
            let event = TrainingEvent::Step(&report);
            if observer(Progress { event, state: &self.state }).is_break() && !self.is_done() {
                return Ok(End::Asked);
            }
        }
    }

    /// One step of the optimiser on the token-weighted mean of the batches' gradients.
    pub(super) fn step(
        &mut self,
        pass: &mut dyn TrainingPass,
        batches: &[PackedBatch],
    ) -> Result<StepReport> {
        let done = self.state.steps();
        let step = done + 1;
        let learning_rate = self.config.learning_rate_at(done, self.total_steps);
        let diverged = |quantity| Error::Diverged { step, quantity, learning_rate };

        let target_tokens: usize = batches.iter().map(PackedBatch::target_tokens).sum();
        let mut mean = MeanLoss::default();
        self.gradient.fill(0.0);
        for batch in batches {
            let loss = pass.loss_and_gradient(&self.state.adapter, batch, &mut self.share)?;
            mean.add(loss);
            let part = batch.target_tokens() as f32 / target_tokens as f32;
            self.gradient.iter_mut().zip(&self.share).for_each(|(sum, slope)| *sum += part * slope);
        }
        let loss = mean.mean();
        if !loss.is_finite() {
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
        self.state.optimizer.step(&mut self.state.adapter, &self.gradient, learning_rate)?;
        if self.state.adapter.iter().any(|value| !value.is_finite()) {
            return Err(diverged(Quantity::Adapter));
        }
        self.state.epoch_loss.sum += mean.sum;
        self.state.epoch_loss.target_tokens += mean.target_tokens;
        Ok(StepReport {
            step,
            total_steps: self.total_steps,
            epoch: self.state.epoch + 1,
            loss,
            learning_rate,
            gradient_norm,
            target_tokens,
            tokens: batches.iter().map(PackedBatch::tokens).sum(),
            ends_epoch: false,
        })
    }

    /// The batches of the next step with the dropout of that step, in which rows count through all its batches.
    fn with_dropout(&self, batches: Vec<PackedBatch>) -> Vec<PackedBatch> {
        let mut dropout = Dropout::of_step(self.config.dropout, self.config.seed, self.state.steps());
        let give = |batch: PackedBatch| {
            let (rows, given) = (batch.len(), dropout);
            dropout = given.map(|dropout| dropout.after_rows(rows));
            batch.with_dropout(given)
        };
        batches.into_iter().map(give).collect()
    }

    /// The first batch of the first epoch.
    pub(super) fn first_batch(&self) -> Result<Vec<PackedBatch>> {
        let mut batches = EpochOrder::new(&self.examples, self.config, 0).step(0, &self.examples)?;
        batches.truncate(1);
        Ok(batches)
    }

    fn order(&self) -> EpochOrder {
        EpochOrder::new(&self.examples, self.config, self.state.epoch)
    }

    fn is_done(&self) -> bool {
        self.state.steps() >= self.total_steps
    }

    fn patience_is_at_its_end(&self) -> bool {
        let since = self.state.best.as_ref().map_or(0, |best| best.evaluations_since);
        self.config.patience.is_some_and(|patience| since >= patience)
    }

    fn validation_is_due(&self, order: &EpochOrder) -> bool {
        let step = self.state.steps();
        let due = self.is_done()
            || match self.config.validation_steps {
                Some(every) => step.is_multiple_of(every),
                None => self.state.steps_in_epoch == order.steps(),
            };
        due && step > self.state.validated_at && !self.held_out.is_empty()
    }

    /// Evaluates the held-out examples; `None` if the observer asked to stop meanwhile, and the evaluation is due
    /// again then.
    fn validate(
        &mut self,
        pass: &mut dyn TrainingPass,
        observer: &mut dyn FnMut(Progress<'_>) -> ControlFlow<()>,
    ) -> Result<Option<ValidationReport>> {
        let step = self.state.steps();
        let of = self.held_out.iter().map(PackedBatch::len).sum();
        let (mut mean, mut done) = (MeanLoss::default(), 0);
        for batch in &self.held_out {
            let event = TrainingEvent::Evaluating { done, of };
            if observer(Progress { event, state: &self.state }).is_break() {
                return Ok(None);
            }
            mean.add(pass.loss(&self.state.adapter, batch)?);
            done += batch.len();
        }
        let loss = mean.mean();
        if !loss.is_finite() {
            let learning_rate = self.config.learning_rate_at(step - 1, self.total_steps);
            return Err(Error::Diverged { step, quantity: Quantity::Loss, learning_rate });
        }
        self.state.validated_at = step;
        let adapter = &self.state.adapter;
        let best = match self.state.best.take() {
            Some(best) if best.loss <= loss => Best { evaluations_since: best.evaluations_since + 1, ..best },
            _ => Best { step, loss, evaluations_since: 0, adapter: adapter.clone() },
        };
        let report = ValidationReport {
            step,
            epoch: self.state.epoch + 1,
            loss,
            best_step: best.step,
            best_loss: best.loss,
        };
        self.state.best = Some(best);
        Ok(Some(report))
    }
}

impl MeanLoss {
    fn add(&mut self, loss: Loss) {
        self.sum += loss.mean * loss.target_tokens as f64;
        self.target_tokens += loss.target_tokens;
    }

    pub(super) fn mean(&self) -> f64 {
        self.sum / self.target_tokens.max(1) as f64
    }
}

/// Encodes the examples, brings their tokens' embeddings into memory, and counts those that had to be cut.
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
        base.embedding().fetch(&source)?;
        base.embedding().fetch(&target)?;
        encoded.push(EncodedExample { source, target });
    }
    Ok((encoded, cut_examples))
}

/// A number that other settings or examples do not have; FNV-1a, against mistakes and not against malice.
fn fingerprint(config: &TrainingConfig, examples: [&[EncodedExample]; 2]) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    let mut add = |bytes: &[u8]| {
        for byte in bytes {
            hash = (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    };
    // The derived form names every setting with all its digits.
    add(format!("{config:?}").as_bytes());
    for examples in examples {
        add(&examples.len().to_le_bytes());
        for tokens in examples.iter().flat_map(|example| [&example.source, &example.target]) {
            add(&tokens.len().to_le_bytes());
            tokens.iter().for_each(|token| add(&token.to_le_bytes()));
        }
    }
    hash
}

pub(super) fn norm(values: &[f32]) -> f64 {
    values.iter().map(|value| f64::from(*value).powi(2)).sum::<f64>().sqrt()
}
