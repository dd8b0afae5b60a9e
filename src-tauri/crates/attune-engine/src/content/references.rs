//! Reads texts by category from a CSV file: `category`, `prompt` and `text`, under a header with these names.
//!
//! Invariant: a row that cannot be used is told with its line and costs that row alone.

use std::path::Path;

use csv::{ReaderBuilder, StringRecord};

use super::{ContentProblem, unreadable};

/// Characters of a text. A few of them must fit into one prompt.
const LONGEST_TEXT: usize = 2000;
/// Rows of a file that are read.
const MOST_ROWS: usize = 10_000;
const COLUMNS: [&str; 3] = ["category", "prompt", "text"];

/// A text that shows a generator how it is done.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Reference {
    /// A genre's name, for which it is taken.
    pub category: String,
    pub prompt: String,
    pub text: String,
}

/// What can be used of a file, and what cannot.
pub(super) fn read(path: &Path) -> (Vec<Reference>, Vec<ContentProblem>) {
    let mut references = Vec::new();
    let mut problems = Vec::new();
    let mut problem = |line, what: String| problems.push(ContentProblem::of(path, line, what));
    let file = match std::fs::File::open(path) {
        Ok(file) => file,
        Err(error) => {
            problem(None, unreadable(&error));
            return (references, problems);
        }
    };
    let mut rows = ReaderBuilder::new().flexible(true).from_reader(file);
    let columns = match rows.headers().map(places) {
        Ok(Some(columns)) => columns,
        Ok(None) => {
            problem(Some(1), format!("the first line must name the columns {}", COLUMNS.join(", ")));
            return (references, problems);
        }
        Err(error) => {
            problem(Some(1), refused(&error));
            return (references, problems);
        }
    };
    for row in rows.into_records() {
        match row {
            Err(error) => {
                let line = error.position().and_then(line_of);
                problem(line, refused(&error));
                if matches!(error.kind(), csv::ErrorKind::Io(_)) {
                    break;
                }
            }
            Ok(_) if references.len() == MOST_ROWS => {
                problem(None, format!("only its first {MOST_ROWS} rows are taken"));
                break;
            }
            Ok(row) => match reference(&row, columns) {
                Ok(reference) => references.push(reference),
                Err(what) => problem(row.position().and_then(line_of), what),
            },
        }
    }
    (references, problems)
}

/// Where the columns stand.
fn places(header: &StringRecord) -> Option<[usize; 3]> {
    let place = |name: &str| {
        header.iter().position(|found| found.trim().trim_start_matches('\u{feff}').eq_ignore_ascii_case(name))
    };
    let [category, prompt, text] = COLUMNS.map(place);
    Some([category?, prompt?, text?])
}

fn reference(row: &StringRecord, columns: [usize; 3]) -> Result<Reference, String> {
    let [category, prompt, text] = columns.map(|column| row.get(column).unwrap_or_default().trim());
    if let Some(place) = [category, prompt, text].iter().position(|value| value.is_empty()) {
        return Err(format!("the {} is empty", COLUMNS[place]));
    }
    if text.chars().count() > LONGEST_TEXT || prompt.chars().count() > LONGEST_TEXT {
        return Err(format!("a prompt or a text has more than {LONGEST_TEXT} characters"));
    }
    let [category, prompt, text] = [category, prompt, text].map(str::to_owned);
    Ok(Reference { category, prompt, text })
}

fn refused(error: &csv::Error) -> String {
    match error.kind() {
        csv::ErrorKind::Io(error) => unreadable(error),
        csv::ErrorKind::Utf8 { .. } => "it is not UTF-8 text".to_owned(),
        _ => format!("it is not CSV: {error}"),
    }
}

fn line_of(position: &csv::Position) -> Option<usize> {
    usize::try_from(position.line()).ok()
}
