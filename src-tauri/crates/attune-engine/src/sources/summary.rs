//! What a person wants to know about a source before training on it, in plain sentences.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use super::{SkippedRows, SourceKind, SourceRows, frozen_digest, held_out_of, read_source};
use crate::Result;
use attune_tuning::Example;

/// What is in a source, as far as it was read.
#[derive(Debug, Clone, PartialEq)]
pub struct SourceSummary {
    pub path: PathBuf,
    pub kind: SourceKind,
    pub rows: u64,
    pub usable: u64,
    /// Usable rows that a run on this source would hold out.
    pub held_out: u64,
    pub skipped: SkippedRows,
    pub distinct_answers: u64,
    /// Plain sentences; the page and the terminal show them as they are.
    pub notices: Vec<String>,
    /// The first rows as (input, output).
    pub sample_rows: Vec<(String, String)>,
    pub dataset_hash: String,
}

/// Looks at a source of any kind without changing anything; at most `max_samples` usable rows are read.
///
/// # Errors
/// What makes it unusable, [`Error::NoUsableRow`](crate::Error::NoUsableRow) and its like included.
pub fn inspect_source(path: &Path, max_samples: u32) -> Result<SourceSummary> {
    let rows = read_source(path, max_samples)?.require_usable()?;
    Ok(rows.summary())
}

impl SourceRows {
    pub(crate) fn summary(&self) -> SourceSummary {
        let answers: HashSet<&str> = self.examples.iter().map(|row| row.output.as_str()).collect();
        let notices = [self.identical_answers(answers.len()), self.unusable_rows()]
            .into_iter()
            .flatten()
            .chain(repetitions(&self.examples))
            .chain(self.remarks.iter().cloned())
            .collect();
        SourceSummary {
            path: self.path.clone(),
            kind: self.kind,
            rows: self.rows,
            usable: self.examples.len() as u64,
            held_out: held_out_of(&self.examples) as u64,
            skipped: self.skipped,
            distinct_answers: answers.len() as u64,
            notices,
            sample_rows: self
                .examples
                .iter()
                .take(5)
                .map(|row| (row.input.clone(), row.output.clone()))
                .collect(),
            dataset_hash: frozen_digest(&self.examples),
        }
    }

    fn identical_answers(&self, distinct: usize) -> Option<String> {
        let ([first, _, ..], 1) = (self.examples.as_slice(), distinct) else { return None };
        Some(format!(
            "All answers are identical: every row answers \u{201c}{}\u{201d}. A model trained on them \
             learns that one sentence, whatever it is asked.",
            shortened(&first.output)
        ))
    }

    fn unusable_rows(&self) -> Option<String> {
        let total = self.skipped.total();
        let mut notice = format!("{total} of {} rows cannot be used: {}.", self.rows, self.skipped);
        if !self.faults.is_empty() {
            notice.push_str(&format!(" The first: {}.", self.faults.join("; ")));
        }
        (total > 0).then_some(notice)
    }
}

/// Rows that say the same twice, and questions that are answered in more than one way.
fn repetitions(examples: &[Example]) -> Vec<String> {
    let mut answers: HashMap<&str, HashSet<&str>> = HashMap::new();
    for row in examples {
        answers.entry(&row.input).or_default().insert(&row.output);
    }
    let mut notices = Vec::new();
    let distinct: usize = answers.values().map(HashSet::len).sum();
    match examples.len() - distinct {
        0 => {}
        1 => notices.push("1 row is an exact duplicate of another.".to_owned()),
        repeated => notices.push(format!("{repeated} rows are exact duplicates of others.")),
    }
    let conflicting = answers.values().filter(|answers| answers.len() > 1).count();
    // The first in the order of the rows, so that the same source always gives the same sentence.
    let first = examples.iter().find(|row| answers.get(row.input.as_str()).is_some_and(|all| all.len() > 1));
    if let Some(first) = first {
        let inputs =
            if conflicting == 1 { "1 input has".to_owned() } else { format!("{conflicting} inputs have") };
        notices.push(format!(
            "{inputs} different outputs in different rows, so the model learns something between them; the \
             first is \u{201c}{}\u{201d}.",
            shortened(&first.input)
        ));
    }
    notices
}

fn shortened(text: &str) -> String {
    const LONGEST: usize = 120;
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}\u{2026}", &text[..end]),
        None => text.to_owned(),
    }
}
