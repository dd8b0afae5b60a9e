//! Progress for eyes: a bar on a terminal, plain lines elsewhere.

use std::io::IsTerminal;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::output::say;
use crate::api::wire::{Batch, Phase, Point, Run, RunStatus, ValidationPoint};

/// Shows one run.
#[derive(Debug)]
pub(super) struct RunProgress {
    bar: ProgressBar,
    on_terminal: bool,
    said: Option<(RunStatus, Option<Phase>)>,
    said_tenth: u64,
}

impl RunProgress {
    pub(super) fn new() -> Self {
        let (bar, on_terminal) = bar("{msg} {wide_bar} {pos}/{len} steps, {elapsed}");
        Self { bar, on_terminal, said: None, said_tenth: 0 }
    }

    pub(super) fn run(&mut self, run: &Run) {
        let now = (run.status, run.phase);
        if self.said != Some(now) {
            self.said = Some(now);
            let words = match now {
                (_, Some(Phase::Loading)) => "loading the base model",
                (_, Some(Phase::Preparing)) => "preparing the rows",
                (_, Some(Phase::Checking)) => "checking that these settings learn",
                (_, Some(Phase::Training)) => "training",
                (_, Some(Phase::Evaluating)) => "judging by the rows held out",
                (_, Some(Phase::Saving)) => "saving the adapter",
                _ => return,
            };
            if self.on_terminal { self.bar.set_message(words) } else { say(words) }
        }
        if run.total_steps > 0 {
            self.bar.set_length(run.total_steps);
            self.bar.set_position(run.step);
            let tenth = 10 * run.step / run.total_steps;
            if !self.on_terminal && tenth > self.said_tenth {
                self.said_tenth = tenth;
                let loss = run.loss.map_or(String::new(), |loss| format!(", loss {loss:.3}"));
                let left = run.seconds_left.map_or(String::new(), |left| format!(", {left:.0} s left"));
                say(&format!("step {} of {}{loss}{left}", run.step, run.total_steps));
            }
        }
    }

    pub(super) fn point(&mut self, point: &Point) {
        self.bar.set_message(format!("training, loss {:.3}", point.loss));
        self.bar.set_position(point.step);
    }

    pub(super) fn validation(&self, point: &ValidationPoint) {
        let words = format!("step {}: loss {:.3} on the rows held out", point.step, point.loss);
        if self.on_terminal { self.bar.println(words) } else { say(&words) }
    }

    pub(super) fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

/// Shows one batch.
#[derive(Debug)]
pub(super) struct BatchProgress {
    bar: ProgressBar,
    on_terminal: bool,
    said_tenth: u32,
}

impl BatchProgress {
    pub(super) fn new() -> Self {
        let (bar, on_terminal) = bar("{msg} {wide_bar} {pos}/{len}, {elapsed}");
        Self { bar, on_terminal, said_tenth: 0 }
    }

    pub(super) fn batch(&mut self, batch: &Batch) {
        let tallies = &batch.tallies;
        let quality =
            tallies.mean_quality.map_or(String::new(), |mean| format!(", quality {:.1}", 10.0 * mean));
        let kept = format!("{} kept{quality}", tallies.kept);
        self.bar.set_length(u64::from(batch.most_attempts));
        self.bar.set_position(u64::from(tallies.attempts));
        let tenth = 10 * tallies.attempts / batch.most_attempts.max(1);
        if self.on_terminal {
            self.bar.set_message(kept);
        } else if tenth > self.said_tenth {
            self.said_tenth = tenth;
            let left =
                batch.progress.seconds_left.map_or(String::new(), |left| format!(", {left:.0} s left"));
            say(&format!("{} of {} attempts, {kept}{left}", tallies.attempts, batch.most_attempts));
        }
    }

    pub(super) fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

/// A bar, drawn on a terminal only, and whether this is one.
fn bar(template: &str) -> (ProgressBar, bool) {
    let on_terminal = std::io::stderr().is_terminal();
    let target = if on_terminal { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
    let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
    (ProgressBar::with_draw_target(Some(0), target).with_style(style), on_terminal)
}
