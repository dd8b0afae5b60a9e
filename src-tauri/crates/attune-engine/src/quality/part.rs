//! The parts of a quality, and how much each counts.

use std::fmt;

use serde::{Deserialize, Serialize};

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
        Self { value: value.clamp(0.0, 1.0), words: words.into() }
    }
}

/// What is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PartName {
    /// Long enough, and ends where a sentence ends.
    Length,
    /// Says new things rather than the same again.
    Repetition,
    /// Is about what was asked for.
    Relevance,
    /// Sounds like the genre and the style.
    Fit,
    /// Reads like text rather than words in a row.
    Fluency,
    /// What another model thinks.
    Judge,
}

impl fmt::Display for PartName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Length => "length",
            Self::Repetition => "repetition",
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
    pub relevance: Part,
    pub fit: Part,
    /// None where no base was there to measure it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fluency: Option<Part>,
    /// None where no judge was asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub judge: Option<Part>,
}

impl Parts {
    pub(super) fn of(judged: &Judged<'_>, fluency: Option<&Fluency>, calibration: &Calibration) -> Self {
        let text = judged.text.trim();
        Self {
            length: length(text),
            repetition: repetition(text),
            relevance: Part::new(1.0, "not looked at"),
            fit: Part::new(1.0, "not looked at"),
            fluency: fluency.map(|fluency| calibration.judge(fluency)),
            judge: judged.judge.map(|score| Part::new(score, "a judge's score")),
        }
    }

    /// Those that were looked at, in the order a person reads them.
    pub fn iter(&self) -> impl Iterator<Item = (PartName, &Part)> {
        let always = [
            (PartName::Length, &self.length),
            (PartName::Repetition, &self.repetition),
            (PartName::Relevance, &self.relevance),
            (PartName::Fit, &self.fit),
        ];
        let fluency = self.fluency.iter().map(|part| (PartName::Fluency, part));
        always.into_iter().chain(fluency).chain(self.judge.iter().map(|part| (PartName::Judge, part)))
    }

    pub(super) fn weakest(&self) -> (PartName, &Part) {
        let first = (PartName::Length, &self.length);
        self.iter().fold(first, |least, next| if next.1.value < least.1.value { next } else { least })
    }

    pub(super) fn whole(&self) -> f64 {
        self.iter().map(|(_, part)| part.value).product()
    }
}

fn length(text: &str) -> Part {
    if text.is_empty() {
        return Part::new(0.0, "there is no text");
    }
    if text.ends_with(['.', '!', '?', '"', '\'', '”', '’', '…']) {
        Part::new(1.0, "ends where a sentence ends")
    } else {
        Part::new(0.2, "ends in the middle of a sentence")
    }
}

fn repetition(text: &str) -> Part {
    let words: Vec<&str> = text.split_whitespace().collect();
    let pairs: std::collections::HashSet<_> = words.windows(2).collect();
    let share = if words.len() < 2 { 1.0 } else { pairs.len() as f64 / (words.len() - 1) as f64 };
    Part::new(share, format!("{:.0} % of its pairs of words come once", share * 100.0))
}
