//! Tells what kind of source a file is, by what it holds, and has it read.
//!
//! Only where the content leaves it open does the file's name decide. Files are opened for reading only.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

use super::ask_ai::read_ask_ai;
use super::csv_rows::read_csv;
use super::foreign_database::ForeignDatabase;
use super::json_lines::read_json_lines;
use super::sqlite_table::read_table;
use super::{SourceKind, SourceRows};
use crate::{Error, Result};

/// How much of a file is looked at to tell what it is.
const HEAD: u64 = 64 * 1024;
const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// Reads at most `max_samples` usable rows: of an Ask AI database the newest first, of anything else in the
/// order in which they stand.
///
/// # Errors
/// What is wrong with the file as a whole. No usable row is not an error here.
pub(crate) fn read_source(path: &Path, max_samples: u32) -> Result<SourceRows> {
    let unreadable = |source| Error::DataUnreadable { path: path.to_owned(), source };
    let (mut file, head) = open(path)?;
    if head.starts_with(b"SQLite format 3\0") {
        drop(file);
        return read_database(path, max_samples);
    }
    if let Some((found, way_out)) = not_text(&head) {
        return Err(Error::SourceRefused { path: path.to_owned(), found, way_out });
    }
    let text = head.strip_prefix(BYTE_ORDER_MARK).unwrap_or(&head);
    let start = (head.len() - text.len()) as u64;
    file.seek(SeekFrom::Start(start)).map_err(unreadable)?;

    if is_json_lines(path, text) {
        let mut found = SourceRows::new(path, SourceKind::JsonLines, max_samples);
        read_json_lines(file, &mut found).map_err(unreadable)?;
        Ok(found)
    } else {
        let mut found = SourceRows::new(path, SourceKind::Csv, max_samples);
        read_csv(file, text, &mut found)?;
        Ok(found)
    }
}

fn read_database(path: &Path, max_samples: u32) -> Result<SourceRows> {
    let database = ForeignDatabase::open(path)?;
    let mut found = SourceRows::new(path, SourceKind::AskAi, max_samples);
    match read_ask_ai(&database, &mut found) {
        Ok(()) => Ok(found),
        Err(Error::NoAskAiTable { .. }) => {
            let mut found = SourceRows::new(path, SourceKind::SqliteTable, max_samples);
            read_table(&database, &mut found)?;
            Ok(found)
        }
        Err(error) => Err(error),
    }
}

/// The file, and how it begins.
fn open(path: &Path) -> Result<(File, Vec<u8>)> {
    let explain = |source: io::Error| match source.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => {
            Error::SourceMissing { path: path.to_owned() }
        }
        _ => Error::DataUnreadable { path: path.to_owned(), source },
    };
    // Asked before it is opened: opening a pipe would wait for its writer.
    if !std::fs::metadata(path).map_err(explain)?.is_file() {
        return Err(Error::SourceNotAFile { path: path.to_owned() });
    }
    let mut file = File::open(path).map_err(explain)?;
    let mut head = Vec::new();
    file.by_ref().take(HEAD).read_to_end(&mut head).map_err(explain)?;
    Ok((file, head))
}

/// What a file that is no text is, and the way out.
fn not_text(head: &[u8]) -> Option<(&'static str, &'static str)> {
    const AS_CSV: &str = "Open it in the program that wrote it and save the rows as CSV (UTF-8).";
    let begins = |mark: &[u8]| head.starts_with(mark);
    if begins(b"\xFF\xFE") || begins(b"\xFE\xFF") {
        Some(("UTF-16 text", "Save it as UTF-8, for example with `iconv -f UTF-16 -t UTF-8 FILE > NEW`."))
    } else if begins(b"PK\x03\x04") {
        Some(("a zip archive or a spreadsheet", AS_CSV))
    } else if begins(b"\x1F\x8B") {
        Some(("a gzip archive", "Unpack it first, for example with `gunzip --keep FILE`."))
    } else if head.contains(&0) {
        Some(("neither text nor a SQLite database", AS_CSV))
    } else if is_json_list(head) {
        Some((
            "one JSON list",
            "Write one JSON object per line, for example with `jq --compact-output '.[]' FILE > NEW`.",
        ))
    } else {
        None
    }
}

fn is_json_list(head: &[u8]) -> bool {
    let text = head.strip_prefix(BYTE_ORDER_MARK).unwrap_or(head).trim_ascii_start();
    text.strip_prefix(b"[").is_some_and(|rest| rest.trim_ascii_start().starts_with(b"{"))
}

fn is_json_lines(path: &Path, text: &[u8]) -> bool {
    let named = || {
        let ending = path.extension().map(|ending| ending.to_string_lossy().to_lowercase());
        ending.is_some_and(|ending| matches!(ending.as_str(), "jsonl" | "ndjson" | "json"))
    };
    text.trim_ascii_start().starts_with(b"{") || named()
}
