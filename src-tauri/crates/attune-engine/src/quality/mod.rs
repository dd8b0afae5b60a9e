//! How good a text is as the answer to its prompt: parts from 0 to 1, each with words for a person, and a whole.
//!
//! The whole is the product of the parts' powers, so that one thing wrong is enough to fall below the line: a text that
//! breaks off is no example however fluent it is. Not here: what is done with a quality (the batch's), and where a
//! judge's score comes from.
//! Invariants: every value lies from 0 to 1, for any text; without a meter of fluency the rest decides; nothing here
//! takes longer than in proportion to the text.

mod calibration;
mod fit;
mod fluency;
mod language;
mod length;
mod part;
mod prose;
mod relevance;
mod repetition;
mod spelling;

use serde::{Deserialize, Serialize};

pub use calibration::Calibration;
pub use fluency::{Fluency, FluencyMeter};
pub use part::{Part, PartName, Parts};

/// What is judged, and what it was asked for.
#[derive(Debug, Clone, Copy)]
pub struct Judged<'a> {
    /// As the person reads it: `dark fantasy`, not `dark_fantasy`.
    pub genre: &'a str,
    /// What the story should be about, or its first sentence; without the form a generator puts around it.
    pub prompt: &'a str,
    pub style: Option<&'a str>,
    pub text: &'a str,
    /// A judge's score from 0 to 1, where one was asked.
    pub judge: Option<f64>,
}

/// How good a text is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Quality {
    /// 0 to 1; [`Quality::KEEP`] is the line.
    pub whole: f64,
    pub parts: Parts,
}

impl Quality {
    /// From here on a text is kept; a person reads it as 7.0.
    pub const KEEP: f64 = 0.70;

    pub fn is_kept(&self) -> bool {
        self.whole >= Self::KEEP
    }

    /// The part that speaks most against the text.
    pub fn weakest(&self) -> (PartName, &Part) {
        self.parts.weakest()
    }
}

/// Judges one text. `fluency` is what a [`FluencyMeter`] measured of it; its calibration belongs to the same base.
pub fn quality(judged: &Judged<'_>, fluency: Option<&Fluency>, calibration: &Calibration) -> Quality {
    let parts = Parts::of(judged, fluency, calibration);
    Quality { whole: parts.whole(), parts }
}

#[cfg(test)]
mod tests;
