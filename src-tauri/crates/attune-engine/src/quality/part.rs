//! The parts of a quality, and how much each counts.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::fit::fit;
use super::language::language;
use super::length::length;
use super::prose::Prose;
use super::relevance::relevance;
use super::repetition::repetition;
use super::spelling::spelling;
use super::{Calibration, Fluency, Judged};

/// One thing about a text.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Part {
    /// 0 to 1.
    pub value: f64,
    /// What was found, for a person: "ends in the middle of a sentence".
    pub words: String,
}

impl Part {
    pub(super) fn new(value: f64, words: impl Into<String>) -> Self {
        // What is no number speaks against the text.
        let value = if value.is_nan() { 0.0 } else { value.clamp(0.0, 1.0) };
        Self { value, words: words.into() }
    }
}

/// 0 at `from` and beyond it, 1 at `to` and beyond that, a straight line between; `from` may be the larger.
pub(super) fn ramp(value: f64, from: f64, to: f64) -> f64 {
    ((value - from) / (to - from)).clamp(0.0, 1.0)
}

/// What is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PartName {
    /// Long enough, and ends where a sentence ends.
    Length,
    /// Says new things rather than the same again.
    Repetition,
    /// In the language of the prompts.
    Language,
    /// Made of words that exist.
    Spelling,
    /// About what was asked for.
    Relevance,
    /// Sounds like the genre and the style.
    Fit,
    /// Reads like text rather than words in a row.
    Fluency,
    /// What another model thinks.
    Judge,
}

impl PartName {
    /// The power that a part enters the whole with. A part at 0.5 alone is below the line with any power above 0.52.
    ///
    /// Set by hand on the tuning half (`attune-bench quality --fit`): whatever is enough to refuse a text alone has 1.
    fn power(self) -> f64 {
        match self {
            Self::Fit => 0.4,
            _ => 1.0,
        }
    }
}

impl fmt::Display for PartName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Length => "length",
            Self::Repetition => "repetition",
            Self::Language => "language",
            Self::Spelling => "spelling",
            Self::Relevance => "relevance",
            Self::Fit => "genre and style",
            Self::Fluency => "fluency",
            Self::Judge => "judge",
        })
    }
}

/// Every part of a quality.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Parts {
    pub length: Part,
    pub repetition: Part,
    pub language: Part,
    pub spelling: Part,
    pub relevance: Part,
    pub fit: Part,
    /// None where no base was there to measure it, or none that can tell.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fluency: Option<Part>,
    /// None where no judge was asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub judge: Option<Part>,
}

impl Parts {
    pub(super) fn of(judged: &Judged<'_>, fluency: Option<&Fluency>, calibration: &Calibration) -> Self {
        let prose = Prose::of(judged.text);
        Self {
            length: length(judged.text, &prose),
            repetition: repetition(&prose),
            language: language(judged.text, &prose),
            spelling: spelling(judged.text),
            relevance: relevance(judged.prompt, &prose),
            fit: fit(judged, &prose),
            fluency: fluency.and_then(|fluency| calibration.judge(fluency)),
            judge: judged.judge.map(|score| Part::new(score, format!("a judge gave {:.1}", score * 10.0))),
        }
    }

    /// Those that were looked at, in the order a person reads them.
    pub fn iter(&self) -> impl Iterator<Item = (PartName, &Part)> {
        let always = [
            (PartName::Length, &self.length),
            (PartName::Repetition, &self.repetition),
            (PartName::Language, &self.language),
            (PartName::Spelling, &self.spelling),
            (PartName::Relevance, &self.relevance),
            (PartName::Fit, &self.fit),
        ];
        let fluency = self.fluency.iter().map(|part| (PartName::Fluency, part));
        always.into_iter().chain(fluency).chain(self.judge.iter().map(|part| (PartName::Judge, part)))
    }

    pub(super) fn weakest(&self) -> (PartName, &Part) {
        let weight = |(name, part): &(PartName, &Part)| part.value.powf(name.power());
        let first = (PartName::Length, &self.length);
        self.iter().fold(first, |least, next| if weight(&next) < weight(&least) { next } else { least })
    }

    pub(super) fn whole(&self) -> f64 {
        self.iter().map(|(name, part)| part.value.powf(name.power())).product()
    }
}
