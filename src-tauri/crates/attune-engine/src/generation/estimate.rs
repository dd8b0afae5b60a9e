//! What a batch will take on this machine, from what batches before it took.
//!
//! Invariant: nothing is said that was not measured here; before the first measurement there is no number.

use serde::{Deserialize, Serialize};

use super::Tallies;

/// Attempts that a measurement remembers; older ones count less and less.
const REMEMBERED: f64 = 500.0;

/// Under what a measurement is kept: other settings take another time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SpeedKey {
    /// The generators by their short names, and the judge if there is one, joined.
    pub(crate) generators: String,
    pub(crate) candidates: u32,
    pub(crate) max_new_tokens: u32,
}

/// What was measured on this machine.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Measured {
    /// Over how many attempts; older ones count less.
    pub attempts: f64,
    pub seconds: f64,
    pub kept: f64,
    pub tokens: f64,
}

impl Measured {
    pub fn attempts_per_second(&self) -> Option<f64> {
        (self.seconds > 0.0 && self.attempts > 0.0).then(|| self.attempts / self.seconds)
    }

    /// Share of the attempts that was kept, 0 to 1.
    pub fn kept_share(&self) -> Option<f64> {
        (self.attempts > 0.0).then(|| self.kept / self.attempts)
    }

    pub fn tokens_per_second(&self) -> Option<f64> {
        (self.seconds > 0.0).then(|| self.tokens / self.seconds)
    }

    /// What happened between two tallies of one batch.
    pub(super) fn between(before: &Tallies, after: &Tallies) -> Self {
        Self {
            attempts: f64::from(after.attempts - before.attempts),
            seconds: after.active_seconds - before.active_seconds,
            kept: f64::from(after.kept - before.kept),
            tokens: (after.tokens - before.tokens) as f64,
        }
    }

    /// This and what was measured after it.
    pub(crate) fn and(self, newer: Self) -> Self {
        let rest = (REMEMBERED - newer.attempts).max(0.0);
        let weight = if self.attempts > rest { rest / self.attempts } else { 1.0 };
        Self {
            attempts: self.attempts * weight + newer.attempts,
            seconds: self.seconds * weight + newer.seconds,
            kept: self.kept * weight + newer.kept,
            tokens: self.tokens * weight + newer.tokens,
        }
    }
}

/// One generator of an estimate.
#[derive(Debug, Clone, PartialEq)]
pub struct GeneratorEstimate {
    /// As it is shown.
    pub name: String,
}

/// What a batch will take, as far as anything was measured.
#[derive(Debug, Clone, PartialEq)]
pub struct Estimate {
    pub generators: Vec<GeneratorEstimate>,
    /// Attempts that are expected; with "until kept" as many as the measured share needs, at most three for each.
    pub attempts: f64,
    /// What batches with these generators and this many candidates took; none before the first.
    pub measured: Option<Measured>,
    pub seconds: Option<f64>,
    /// How many examples will be kept.
    pub kept: Option<f64>,
    /// 0 where everything runs here; none where something is written elsewhere, which has no price here.
    pub cost_micro_dollars: Option<u64>,
}

impl Estimate {
    pub(crate) fn of(
        generators: Vec<GeneratorEstimate>,
        wanted: u32,
        until_kept: bool,
        is_free: bool,
        measured: Option<Measured>,
    ) -> Self {
        let share = measured.and_then(|measured| measured.kept_share());
        let wanted = f64::from(wanted);
        let attempts = match share {
            Some(share) if until_kept => (wanted / share.max(1e-9)).min(3.0 * wanted),
            _ => wanted,
        };
        let rate = measured.and_then(|measured| measured.attempts_per_second());
        Self {
            generators,
            attempts,
            measured,
            seconds: rate.map(|rate| attempts / rate),
            kept: share.map(|share| (attempts * share).min(wanted)),
            cost_micro_dollars: is_free.then_some(0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn estimate(until_kept: bool, measured: Option<Measured>) -> Estimate {
        Estimate::of(Vec::new(), 50, until_kept, true, measured)
    }

    #[test]
    fn nothing_is_said_before_it_was_measured() {
        let found = estimate(false, None);
        assert_eq!((found.seconds, found.kept, found.cost_micro_dollars), (None, None, Some(0)));
    }

    #[test]
    fn time_and_share_follow_what_was_measured() {
        let measured = Measured { attempts: 100.0, seconds: 20.0, kept: 50.0, ..Measured::default() };
        let found = estimate(false, Some(measured));
        assert_eq!((found.seconds, found.kept), (Some(10.0), Some(25.0)));
        let found = estimate(true, Some(measured));
        assert_eq!((found.attempts, found.seconds, found.kept), (100.0, Some(20.0), Some(50.0)));
        let rare = Measured { kept: 1.0, ..measured };
        assert_eq!(estimate(true, Some(rare)).attempts, 150.0, "three attempts for each at most");
    }

    #[test]
    fn what_was_measured_long_ago_is_forgotten() {
        let slow = Measured { attempts: 500.0, seconds: 5000.0, ..Measured::default() };
        let fast = Measured { attempts: 500.0, seconds: 50.0, ..Measured::default() };
        let both = slow.and(Measured { attempts: 250.0, seconds: 25.0, ..Measured::default() });
        assert!((both.attempts - 500.0).abs() < 1e-9 && both.seconds > 2500.0, "{both:?}");
        assert_eq!(slow.and(fast).seconds, 50.0);
    }
}
