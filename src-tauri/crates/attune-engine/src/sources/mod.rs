//! Where rows to train on come from: files and databases of other programs, read and never written.
//!
//! Invariants: a source is byte for byte what it was, whatever happens here, a live write-ahead log included;
//! a row that cannot be used is counted with its reason and never fatal; memory grows with the rows that are
//! used, not with those that are skipped.

mod ask_ai;
mod chat;
mod csv_rows;
pub(crate) mod foreign_database;
mod json_lines;
mod lines;
mod recognise;
mod split;
mod sqlite_table;
mod summary;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::fmt;
use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};

pub(crate) use recognise::read_source;
pub(crate) use split::{Split, held_out_of, is_held_out, split, split_by};
pub use summary::{SourceSummary, inspect_source};

use crate::artifacts::DigestWriter;
use crate::{Error, Result};
use attune_tuning::Example;

/// What columns and fields of a file are called, as (input, output).
const COLUMNS: [(&str, &str); 2] = [("input", "output"), ("prompt", "completion")];
/// So many unusable rows are told with the reason of each.
const TOLD_FAULTS: usize = 5;

/// What a source turned out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SourceKind {
    /// A database with a table `ask_ai_queries`.
    AskAi,
    /// One JSON object per line.
    JsonLines,
    Csv,
    /// A database with another table of two fitting columns.
    SqliteTable,
}

/// Rows that could not be used, by reason.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SkippedRows {
    /// What stands there cannot be read as a row.
    pub malformed: u64,
    /// The input or the output is not there.
    pub missing_field: u64,
    /// An empty input or an empty output.
    pub empty_text: u64,
    /// Ask AI: no suggestion at all, or none with a description.
    pub without_suggestion: u64,
    /// Ask AI: suggestions carry an approval and none is approved.
    pub not_approved: u64,
}

impl SkippedRows {
    pub fn total(&self) -> u64 {
        self.malformed + self.missing_field + self.empty_text + self.without_suggestion + self.not_approved
    }
}

impl fmt::Display for SkippedRows {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = [
            (self.malformed, "malformed"),
            (self.missing_field, "without an input or an output"),
            (self.empty_text, "with an empty input or output"),
            (self.without_suggestion, "without a suggestion"),
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

/// Why one row cannot be used.
#[derive(Debug, PartialEq, Eq)]
enum Fault {
    Malformed(Cow<'static, str>),
    MissingField(Cow<'static, str>),
    EmptyText,
    WithoutSuggestion,
    NotApproved,
}

/// A row to train on, without white space around its texts.
fn example(input: &str, output: &str) -> Result<Example, Fault> {
    let (input, output) = (input.trim(), output.trim());
    if input.is_empty() || output.is_empty() {
        return Err(Fault::EmptyText);
    }
    Ok(Example { input: input.to_owned(), output: output.to_owned() })
}

/// The usable rows of a source, with what there is to know about the others.
#[derive(Debug)]
pub(crate) struct SourceRows {
    pub(crate) path: PathBuf,
    pub(crate) kind: SourceKind,
    /// Rows that were looked at.
    pub(crate) rows: u64,
    pub(crate) skipped: SkippedRows,
    pub(crate) examples: Vec<Example>,
    max_samples: usize,
    /// Where the first malformed rows are and what is wrong with them, as `line 17: not JSON`.
    faults: Vec<String>,
    /// What a reader wants a person to know.
    remarks: Vec<String>,
}

impl SourceRows {
    fn new(path: &Path, kind: SourceKind, max_samples: u32) -> Self {
        Self {
            path: path.to_owned(),
            kind,
            rows: 0,
            skipped: SkippedRows::default(),
            examples: Vec::new(),
            max_samples: max_samples as usize,
            faults: Vec::new(),
            remarks: Vec::new(),
        }
    }

    /// Whether there are as many rows as are wanted.
    fn is_full(&self) -> bool {
        self.examples.len() >= self.max_samples
    }

    /// Takes a row that was looked at, found at a `("line", 17)`.
    fn add(&mut self, place: (&str, u64), row: Result<Example, Fault>) {
        self.rows += 1;
        let skipped = &mut self.skipped;
        let (counter, why) = match row {
            Ok(example) => return self.examples.push(example),
            Err(Fault::Malformed(why)) => (&mut skipped.malformed, Some(why)),
            Err(Fault::MissingField(why)) => (&mut skipped.missing_field, Some(why)),
            Err(Fault::EmptyText) => (&mut skipped.empty_text, None),
            Err(Fault::WithoutSuggestion) => (&mut skipped.without_suggestion, None),
            Err(Fault::NotApproved) => (&mut skipped.not_approved, None),
        };
        *counter += 1;
        if let Some(why) = why.filter(|_| self.faults.len() < TOLD_FAULTS) {
            self.faults.push(format!("{} {}: {why}", place.0, place.1));
        }
    }

    /// # Errors
    /// [`Error::SourceEmpty`], [`Error::NoUsableRow`] or [`Error::NoUsableExample`] where there is nothing to
    /// train on.
    pub(crate) fn require_usable(self) -> Result<Self> {
        if !self.examples.is_empty() {
            return Ok(self);
        }
        let Self { path, rows, skipped, .. } = self;
        Err(match self.kind {
            _ if rows == 0 => Error::SourceEmpty { path },
            SourceKind::AskAi => Error::NoUsableRow { path, rows, skipped },
            SourceKind::JsonLines | SourceKind::Csv | SourceKind::SqliteTable => {
                let why = if self.faults.is_empty() {
                    skipped.to_string()
                } else {
                    format!("{skipped}; {}", self.faults.join("; "))
                };
                Error::NoUsableExample { path, rows, why }
            }
        })
    }
}

/// Writes rows as JSON lines of `input` and `output`: the form in which a run keeps them, and whose digest names them.
pub(crate) fn write_frozen(examples: &[Example], to: &mut dyn Write) -> io::Result<()> {
    let mut to = BufWriter::new(to);
    for example in examples {
        let line = serde_json::json!({ "input": example.input, "output": example.output });
        serde_json::to_writer(&mut to, &line)?;
        to.write_all(b"\n")?;
    }
    to.flush()
}

/// The digest of what [`write_frozen`] writes.
fn frozen_digest(examples: &[Example]) -> String {
    let mut digest = DigestWriter::default();
    // A digest takes everything.
    let _ = write_frozen(examples, &mut digest);
    digest.finish()
}

/// Reads back what [`write_frozen`] wrote.
///
/// # Errors
/// [`Error::Read`], or [`Error::Decode`] for what is no such row.
pub(crate) fn read_frozen(path: &Path) -> Result<Vec<Example>> {
    #[derive(serde::Deserialize)]
    struct Row {
        input: String,
        output: String,
    }
    let unreadable = |source| Error::Read { path: path.to_owned(), source };
    let file = BufReader::new(File::open(path).map_err(unreadable)?);
    file.split(b'\n')
        .map(|line| {
            let row: Row = serde_json::from_slice(&line.map_err(unreadable)?)
                .map_err(|source| Error::Decode { path: path.to_owned(), source })?;
            Ok(Example { input: row.input, output: row.output })
        })
        .collect()
}
