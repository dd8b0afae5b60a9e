//! Where rows to train on come from: other programs' databases, read and never written.
//!
//! Invariant: a source is byte for byte what it was, whatever happens here, a live write-ahead log included.

mod ask_ai;
pub(crate) mod foreign_database;

use std::collections::HashSet;
use std::fmt;
use std::path::{Path, PathBuf};

pub(crate) use ask_ai::read_ask_ai;

use crate::{Error, Result};
use attune_tuning::Example;

/// Rows that could not be used, by reason.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SkippedRows {
    /// The suggestions are not a JSON list of objects.
    pub malformed: u64,
    /// No suggestion at all, or none with a description.
    pub without_suggestion: u64,
    /// An empty query or an empty description.
    pub empty_text: u64,
    /// Suggestions carry an approval and none is approved.
    pub not_approved: u64,
}

impl SkippedRows {
    pub fn total(&self) -> u64 {
        self.malformed + self.without_suggestion + self.empty_text + self.not_approved
    }
}

impl fmt::Display for SkippedRows {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = [
            (self.malformed, "with malformed suggestions"),
            (self.without_suggestion, "without a suggestion"),
            (self.empty_text, "with an empty query or answer"),
            (self.not_approved, "without an approved suggestion"),
        ];
        let said: Vec<String> = parts
            .iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, words)| format!("{count} {words}"))
            .collect();
        if said.is_empty() {
            formatter.write_str("none skipped")
        } else {
            formatter.write_str(&said.join(", "))
        }
    }
}

/// The rows of a source, newest first, with what there is to know about them.
#[derive(Debug)]
pub(crate) struct SourceRows {
    pub(crate) path: PathBuf,
    /// Rows that were looked at.
    pub(crate) rows: u64,
    pub(crate) skipped: SkippedRows,
    pub(crate) examples: Vec<Example>,
}

/// What a person wants to know about a source before training on it.
#[derive(Debug, Clone, PartialEq)]
pub struct SourceSummary {
    pub path: PathBuf,
    pub rows: u64,
    pub usable: u64,
    pub skipped: SkippedRows,
    pub distinct_answers: u64,
    /// Plain sentences; the page and the terminal show them as they are.
    pub notices: Vec<String>,
    /// The first rows as (input, output).
    pub sample_rows: Vec<(String, String)>,
    pub dataset_hash: String,
}

impl SourceRows {
    /// # Errors
    /// [`Error::NoUsableRow`] where there is nothing to train on.
    pub(crate) fn require_usable(self) -> Result<Self> {
        if self.examples.is_empty() {
            return Err(Error::NoUsableRow { path: self.path, rows: self.rows, skipped: self.skipped });
        }
        Ok(self)
    }

    pub(crate) fn summary(&self) -> SourceSummary {
        let answers: HashSet<&str> = self.examples.iter().map(|row| row.output.as_str()).collect();
        let mut notices = Vec::new();
        if let ([first, _, ..], 1) = (self.examples.as_slice(), answers.len()) {
            notices.push(format!(
                "All answers are identical: every row answers \u{201c}{}\u{201d}. A model trained on them \
                 learns that one sentence, whatever it is asked.",
                shortened(&first.output)
            ));
        }
        if self.skipped.total() > 0 {
            notices.push(format!(
                "{} of {} rows cannot be used: {}.",
                self.skipped.total(),
                self.rows,
                self.skipped
            ));
        }
        SourceSummary {
            path: self.path.clone(),
            rows: self.rows,
            usable: self.examples.len() as u64,
            skipped: self.skipped,
            distinct_answers: answers.len() as u64,
            notices,
            sample_rows: self
                .examples
                .iter()
                .take(5)
                .map(|row| (row.input.clone(), row.output.clone()))
                .collect(),
            dataset_hash: crate::artifacts::digest_of(&frozen(&self.examples)),
        }
    }
}

/// Rows as JSON lines of `input` and `output`: the form in which a run keeps them, and whose digest names them.
pub(crate) fn frozen(examples: &[Example]) -> Vec<u8> {
    let mut text = Vec::new();
    for example in examples {
        let line = serde_json::json!({ "input": example.input, "output": example.output });
        text.extend_from_slice(line.to_string().as_bytes());
        text.push(b'\n');
    }
    text
}

/// Reads back what [`frozen`] wrote.
pub(crate) fn thawed(path: &Path, text: &[u8]) -> Result<Vec<Example>> {
    #[derive(serde::Deserialize)]
    struct Row {
        input: String,
        output: String,
    }
    text.split(|byte| *byte == b'\n')
        .filter(|line| !line.is_empty())
        .map(|line| {
            let row: Row = serde_json::from_slice(line)
                .map_err(|source| Error::Decode { path: path.to_owned(), source })?;
            Ok(Example { input: row.input, output: row.output })
        })
        .collect()
}

fn shortened(text: &str) -> String {
    const LONGEST: usize = 120;
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}\u{2026}", &text[..end]),
        None => text.to_owned(),
    }
}
