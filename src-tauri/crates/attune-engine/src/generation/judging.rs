//! Whether a text is good enough and new: where quality and twins decide.
//!
//! Not here: how quality is found and what makes twins; this is the seam behind which they lie.

use std::collections::HashMap;

use super::{ExampleId, QualityPart, TwinCluster};
use crate::Result;

/// From this quality on a text is kept: 7.0 of 10.
pub(crate) const KEPT_FROM: f64 = 0.70;

/// A text with what it was asked for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Text<'t> {
    /// As a prompt says it.
    pub(crate) genre: &'t str,
    pub(crate) prompt: &'t str,
    pub(crate) style: Option<&'t str>,
    pub(crate) text: &'t str,
}

/// What was found of a text.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Judgement {
    /// 0 to 1.
    pub(crate) quality: f64,
    pub(crate) parts: Vec<QualityPart>,
}

/// Judges texts, many at once.
pub(crate) trait Judge: Send {
    /// One judgement for each text, in their order.
    fn judge(&mut self, texts: &[Text<'_>]) -> Result<Vec<Judgement>>;
}

/// Knows accepted texts and finds those that are nearly the same.
pub(crate) trait Twins: Send {
    fn insert(&mut self, id: &ExampleId, text: &str);

    /// The likest known text and how like it is, 0 to 1.
    fn nearest(&self, text: &str) -> Option<(ExampleId, f64)>;
}

/// Length, an end, and words that differ.
#[derive(Debug, Default)]
pub(crate) struct PlainJudge;

impl Judge for PlainJudge {
    fn judge(&mut self, texts: &[Text<'_>]) -> Result<Vec<Judgement>> {
        Ok(texts.iter().map(|text| plain(text.text)).collect())
    }
}

fn plain(text: &str) -> Judgement {
    let words: Vec<&str> = text.split_whitespace().collect();
    let mut distinct = words.clone();
    distinct.sort_unstable();
    distinct.dedup();
    let length = (words.len() as f64 / 40.0).min(1.0);
    let ended = if text.trim_end().ends_with(['.', '!', '?', '"']) { 1.0 } else { 0.5 };
    let distinct = if words.is_empty() { 0.0 } else { distinct.len() as f64 / words.len() as f64 };
    let repetition = (distinct / 0.6).min(1.0);
    let part = |name: &str, value| QualityPart { name: name.to_owned(), value };
    Judgement {
        quality: length * ended * repetition,
        parts: vec![part("length", length * ended), part("repetition", repetition)],
    }
}

/// Texts that are the same but for case and white space.
#[derive(Debug, Default)]
pub(crate) struct ExactTwins(HashMap<String, ExampleId>);

impl Twins for ExactTwins {
    fn insert(&mut self, id: &ExampleId, text: &str) {
        self.0.entry(folded(text)).or_insert_with(|| id.clone());
    }

    fn nearest(&self, text: &str) -> Option<(ExampleId, f64)> {
        self.0.get(&folded(text)).map(|id| (id.clone(), 1.0))
    }
}

fn folded(text: &str) -> String {
    text.split_whitespace().map(str::to_lowercase).collect::<Vec<_>>().join(" ")
}

/// Groups of texts that are alike from this threshold on.
pub(crate) fn clusters(texts: Vec<(ExampleId, String)>, _threshold: f64) -> Vec<TwinCluster> {
    let mut groups: HashMap<String, Vec<ExampleId>> = HashMap::new();
    for (id, text) in texts {
        groups.entry(folded(&text)).or_default().push(id);
    }
    groups
        .into_values()
        .filter(|examples| examples.len() > 1)
        .map(|examples| TwinCluster { examples })
        .collect()
}
