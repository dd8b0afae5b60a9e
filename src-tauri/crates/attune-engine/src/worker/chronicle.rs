//! What is told and kept while a run trains: its curves, and the checkpoints it can be gone on from.

use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use attune_tuning::{Progress, StepReport, TrainingEvent, ValidationReport};

use super::checkpoint_file;
use super::execute::Say;
use super::protocol::{Job, Message};
use super::wishes::Wishes;
use crate::runs::metrics::{self, MetricsWriter};
use crate::runs::{Best, Phase, Point, ValidationPoint};
use crate::{Error, Result, failpoints};

/// A checkpoint is written at least this often: so much work may a kill cost.
const CHECKPOINT_INTERVAL: Duration = Duration::from_secs(30);

pub(super) struct Chronicle<'c, 's> {
    job: &'c Job,
    base_digest: &'c str,
    wishes: &'c Wishes,
    say: &'c mut Say<'s>,
    metrics: MetricsWriter,
    began: Instant,
    /// Of the run that this one goes on from.
    seconds_before: f64,
    tokens: usize,
    total_steps: usize,
    checkpoint_written: Instant,
    failure: Option<Error>,
}

impl<'c, 's> Chronicle<'c, 's> {
    pub(super) fn new(
        job: &'c Job,
        base_digest: &'c str,
        wishes: &'c Wishes,
        say: &'c mut Say<'s>,
    ) -> Result<Self> {
        let before = metrics::read_whole(&job.run_folder)?;
        let now = Instant::now();
        Ok(Self {
            job,
            base_digest,
            wishes,
            say,
            metrics: MetricsWriter::create(&job.run_folder)?,
            began: now,
            seconds_before: before.points.last().map_or(0.0, |point| point.elapsed_seconds),
            tokens: 0,
            total_steps: 0,
            checkpoint_written: now,
            failure: None,
        })
    }

    /// Tells and keeps what happened; whether to go on.
    pub(super) fn observe(&mut self, progress: &Progress<'_>) -> ControlFlow<()> {
        if let Err(error) = self.take(progress) {
            self.failure = Some(error);
            return ControlFlow::Break(());
        }
        self.wishes.flow()
    }

    /// # Errors
    /// What could not be kept; the training was ended for it.
    pub(super) fn finish(self) -> Result<()> {
        self.failure.map_or(Ok(()), Err)
    }

    fn take(&mut self, progress: &Progress<'_>) -> Result<()> {
        match progress.event {
            TrainingEvent::Begun { steps, total_steps, cut_examples } => {
                self.total_steps = total_steps;
                (self.say)(&Message::Begun {
                    steps: steps as u64,
                    total_steps: total_steps as u64,
                    cut_rows: cut_examples as u64,
                });
                Ok(())
            }
            TrainingEvent::Step(report) => {
                self.step(report)?;
                let is_due = self.checkpoint_written.elapsed() >= CHECKPOINT_INTERVAL
                    || failpoints::is_due("checkpoint::interval");
                if report.ends_epoch || is_due {
                    self.keep(progress)?;
                }
                Ok(())
            }
            TrainingEvent::Evaluating { done: 0, .. } => {
                (self.say)(&Message::Phase { phase: Phase::Evaluating });
                Ok(())
            }
            TrainingEvent::Evaluating { .. } => Ok(()),
            TrainingEvent::Validation(report) => {
                self.validation(report)?;
                self.keep(progress)
            }
        }
    }

    fn step(&mut self, report: &StepReport) -> Result<()> {
        self.tokens += report.tokens;
        let seconds = self.began.elapsed().as_secs_f64();
        let point = Point {
            step: report.step as u64,
            epoch: self.epoch(report.step),
            loss: report.loss,
            learning_rate: report.learning_rate,
            gradient_norm: report.gradient_norm,
            tokens_per_second: self.tokens as f64 / seconds,
            elapsed_seconds: self.seconds_before + seconds,
        };
        self.metrics.append(&point)?;
        (self.say)(&Message::Step { point, total_steps: report.total_steps as u64 });
        Ok(())
    }

    fn validation(&mut self, report: &ValidationReport) -> Result<()> {
        let point =
            ValidationPoint { step: report.step as u64, epoch: self.epoch(report.step), loss: report.loss };
        self.metrics.append_validation(&point)?;
        let best = Best { step: report.best_step as u64, loss: report.best_loss };
        (self.say)(&Message::Validation { point, best });
        (self.say)(&Message::Phase { phase: Phase::Training });
        Ok(())
    }

    fn keep(&mut self, progress: &Progress<'_>) -> Result<()> {
        checkpoint_file::write(&self.job.checkpoint, &progress.checkpoint(), self.base_digest)?;
        self.checkpoint_written = Instant::now();
        Ok(())
    }

    /// Epochs that a step ends.
    fn epoch(&self, step: usize) -> f64 {
        step as f64 / (self.total_steps as f64 / f64::from(self.job.hyperparameters.epochs))
    }
}
