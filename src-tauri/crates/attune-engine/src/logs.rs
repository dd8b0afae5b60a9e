//! Reading the log of a day, newest first, a page at a time.
//!
//! Not here: writing it (the shell does, and masks secrets then). Invariants: only files of the log folder that carry
//! a day in their name are opened, and one reading looks at a bounded piece of a file, however long it is.

use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

use crate::{Error, Result};

/// What one reading looks at. A request is a line of some 150 bytes, so this is some ten thousand entries.
const PIECE: u64 = 2 << 20;
/// Characters of one entry that are shown; an error's whole reasons fit.
const LONGEST_TEXT: usize = 10_000;
const MOST_ENTRIES: u32 = 500;

/// How much an entry matters, the most first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum LogLevel {
    Error,
    Warning,
    Info,
    Debug,
}

/// A day that has a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogDay {
    /// For example `2026-11-21`, in UTC.
    pub day: String,
    pub bytes: u64,
}

/// Which entries are wanted; the default is all.
#[derive(Debug, Clone, Default)]
pub struct LogQuery {
    /// This level and what matters more.
    pub level: Option<LogLevel>,
    /// In any case of letters, anywhere in the entry.
    pub text: Option<String>,
    pub request_id: Option<String>,
    /// Where the page before this one ended.
    pub before: Option<u64>,
    pub limit: Option<u32>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogEntry {
    /// Where it begins in the file: an entry keeps its place.
    pub position: u64,
    /// RFC 3339, in UTC.
    pub at: String,
    pub level: LogLevel,
    /// The request that it belongs to.
    pub request_id: Option<String>,
    /// The part of the program that says it, and what it says.
    pub text: String,
}

/// Entries, the newest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogPage {
    pub entries: Vec<LogEntry>,
    /// Where to go on; `None` at the beginning of the day. A page may be short or empty and have one: then nothing
    /// in the piece that was looked at was wanted.
    pub next: Option<u64>,
}

/// The days that have a log, the newest first.
pub(crate) fn days(folder: &Path) -> Result<Vec<LogDay>> {
    let unreadable = |source| Error::Read { path: folder.to_owned(), source };
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(unreadable(error)),
    };
    let mut days = Vec::new();
    for entry in entries {
        let entry = entry.map_err(unreadable)?;
        let name = entry.file_name();
        let day = name.to_str().and_then(|name| name.strip_prefix("attune.")?.strip_suffix(".log"));
        let Some(day) = day.filter(|day| is_day(day)) else { continue };
        match entry.metadata() {
            Ok(metadata) if metadata.is_file() => {
                days.push(LogDay { day: day.to_owned(), bytes: metadata.len() });
            }
            Ok(_) => {}
            // The oldest day goes when a new one begins.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(unreadable(error)),
        }
    }
    days.sort_by(|a, b| b.day.cmp(&a.day));
    Ok(days)
}

/// A page of the log of `day`.
///
/// # Errors
/// [`Error::UnknownLogDay`] for a day that has no log, and for what is no day.
pub(crate) fn page(folder: &Path, day: &str, query: &LogQuery) -> Result<LogPage> {
    let unknown = || Error::UnknownLogDay { day: day.to_owned() };
    if !is_day(day) {
        return Err(unknown());
    }
    let path = folder.join(format!("attune.{day}.log"));
    let unreadable = |source| Error::Read { path: path.clone(), source };
    match fs::symlink_metadata(&path) {
        Ok(metadata) if metadata.is_file() => {}
        Ok(_) => return Err(unknown()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(unknown()),
        Err(error) => return Err(unreadable(error)),
    }
    let mut file = File::open(&path).map_err(unreadable)?;
    let length = file.metadata().map_err(unreadable)?.len();
    let end = query.before.unwrap_or(length).min(length);
    let start = end.saturating_sub(PIECE);
    let mut bytes = Vec::new();
    file.seek(SeekFrom::Start(start)).map_err(unreadable)?;
    file.take(end - start).read_to_end(&mut bytes).map_err(unreadable)?;
    Ok(select(&bytes, start, query))
}

/// The wanted entries of a piece of a log that begins at `start` in its file.
fn select(bytes: &[u8], start: u64, query: &LogQuery) -> LogPage {
    let limit = query.limit.unwrap_or(100).clamp(1, MOST_ENTRIES) as usize;
    let heads = heads(bytes);
    let ends = heads.iter().skip(1).copied().chain([bytes.len()]);
    let pieces: Vec<(usize, usize)> = heads.iter().copied().zip(ends).collect();
    let text = query.text.as_deref().map(str::to_lowercase);
    let mut entries = Vec::new();
    for (begin, end) in pieces.iter().rev() {
        let Some(entry) = entry(start + *begin as u64, &bytes[*begin..*end]) else { continue };
        let wanted = query.level.is_none_or(|level| entry.level <= level)
            && query.request_id.as_ref().is_none_or(|id| entry.request_id.as_ref() == Some(id))
            && text.as_ref().is_none_or(|text| entry.text.to_lowercase().contains(text));
        if wanted {
            entries.push(entry);
        }
        if entries.len() == limit {
            let next = start + *begin as u64;
            return LogPage { entries, next: (next > 0).then_some(next) };
        }
    }
    // What stands before the first head is the end of an entry that begins in the piece before this one.
    let next = start + heads.first().copied().unwrap_or(0) as u64;
    LogPage { entries, next: (start > 0).then_some(next.min(start + bytes.len() as u64)) }
}

/// Where entries begin: at lines that begin with a moment. Other lines belong to the entry before them.
fn heads(bytes: &[u8]) -> Vec<usize> {
    let begins = std::iter::once(0)
        .chain(bytes.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(index, _)| index + 1));
    begins.filter(|begin| is_head(&bytes[*begin..])).collect()
}

fn is_head(line: &[u8]) -> bool {
    line.len() > 20
        && std::str::from_utf8(&line[..10]).is_ok_and(is_day)
        && line[10] == b'T'
        && line[11..13].iter().all(u8::is_ascii_digit)
}

/// `2026-11-21`, and nothing that could lead elsewhere.
fn is_day(text: &str) -> bool {
    text.len() == 10
        && text.bytes().enumerate().all(|(index, byte)| match index {
            4 | 7 => byte == b'-',
            _ => byte.is_ascii_digit(),
        })
}

/// `MOMENT LEVEL request{id="…"}: target: what is said`; the request is there only where one is answered.
fn entry(position: u64, bytes: &[u8]) -> Option<LogEntry> {
    let text = String::from_utf8_lossy(bytes);
    let (at, rest) = text.trim_end().split_once(' ')?;
    let rest = rest.trim_start();
    let (level, rest) = rest.split_once(' ')?;
    let level = match level {
        "ERROR" => LogLevel::Error,
        "WARN" => LogLevel::Warning,
        "INFO" => LogLevel::Info,
        _ => LogLevel::Debug,
    };
    let (request_id, rest) =
        match rest.strip_prefix("request{id=\"").and_then(|rest| rest.split_once("\"}: ")) {
            Some((id, rest)) => (Some(id.to_owned()), rest),
            None => (None, rest),
        };
    let text = match rest.char_indices().nth(LONGEST_TEXT) {
        Some((end, _)) => format!("{}…", &rest[..end]),
        None => rest.to_owned(),
    };
    Some(LogEntry { position, at: at.to_owned(), level, request_id, text })
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: &str = "2026-11-21";

    fn line(second: u32, level: &str, rest: &str) -> String {
        format!("{DAY}T10:00:{second:02}.000000Z {level:>5} {rest}\n")
    }

    fn folder_with(text: &str) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(format!("attune.{DAY}.log")), text).unwrap();
        folder
    }

    fn texts(page: &LogPage) -> Vec<&str> {
        page.entries.iter().map(|entry| entry.text.as_str()).collect()
    }

    #[test]
    fn the_newest_comes_first_in_pages_that_lose_and_repeat_nothing() {
        let log: String = (0..25).map(|second| line(second, "INFO", &format!("attune: {second}"))).collect();
        let folder = folder_with(&log);
        let mut query = LogQuery { limit: Some(10), ..LogQuery::default() };
        let mut all = Vec::new();
        loop {
            let page = page(folder.path(), DAY, &query).unwrap();
            all.extend(page.entries.iter().map(|entry| entry.text.clone()));
            match page.next {
                Some(next) => query.before = Some(next),
                None => break,
            }
        }
        let wanted: Vec<String> = (0..25).rev().map(|second| format!("attune: {second}")).collect();
        assert_eq!(all, wanted);
    }

    #[test]
    fn level_text_and_request_narrow_it_and_a_message_of_several_lines_stays_one() {
        let log = [
            line(1, "INFO", "request{id=\"req_1\"}: attune::api: answered status=200"),
            line(
                2,
                "ERROR",
                "request{id=\"req_2\"}: attune::api: a request failed error=first line\nSecond line",
            ),
            line(3, "WARN", "attune: a warning"),
        ];
        let folder = folder_with(&log.concat());
        let found = |query| page(folder.path(), DAY, &query).unwrap();
        let all = found(LogQuery::default());
        assert_eq!(all.entries.len(), 3);
        assert_eq!(all.entries[1].text, "attune::api: a request failed error=first line\nSecond line");
        assert_eq!(all.entries[1].request_id.as_deref(), Some("req_2"));
        assert_eq!(all.entries[1].at, format!("{DAY}T10:00:02.000000Z"));
        let level = |level| found(LogQuery { level: Some(level), ..LogQuery::default() }).entries.len();
        assert_eq!((level(LogLevel::Error), level(LogLevel::Warning), level(LogLevel::Info)), (1, 2, 3));
        let text = LogQuery { text: Some("SECOND".to_owned()), ..LogQuery::default() };
        assert_eq!(found(text).entries.len(), 1);
        let request = LogQuery { request_id: Some("req_1".to_owned()), ..LogQuery::default() };
        assert_eq!(texts(&found(request)), ["attune::api: answered status=200"]);
    }

    #[test]
    fn a_search_through_a_long_log_goes_on_piece_by_piece() {
        let mut log = line(0, "WARN", "attune: the needle");
        while (log.len() as u64) < 2 * PIECE + 1000 {
            log.push_str(&line(1, "INFO", &"hay ".repeat(200)));
        }
        let folder = folder_with(&log);
        let mut query = LogQuery { level: Some(LogLevel::Warning), ..LogQuery::default() };
        let mut looks = 0;
        let found = loop {
            looks += 1;
            let page = page(folder.path(), DAY, &query).unwrap();
            if !page.entries.is_empty() {
                break page;
            }
            query.before = Some(page.next.expect("the needle lies further back"));
        };
        assert_eq!((texts(&found), found.next, looks), (vec!["attune: the needle"], None, 3));
    }

    #[test]
    fn an_entry_longer_than_a_piece_is_passed_over_and_cut() {
        let log = line(0, "INFO", "attune: before")
            + &line(1, "INFO", &format!("attune: {}", "x\n".repeat(PIECE as usize)))
            + &line(2, "INFO", "attune: after");
        let folder = folder_with(&log);
        let mut query = LogQuery::default();
        let mut seen = Vec::new();
        for _ in 0..10 {
            let page = page(folder.path(), DAY, &query).unwrap();
            seen.extend(page.entries.iter().map(|entry| entry.text.chars().take(14).collect::<String>()));
            match page.next {
                Some(next) => query.before = Some(next),
                None => break,
            }
        }
        assert!(seen.contains(&"attune: before".to_owned()) && seen.contains(&"attune: after".to_owned()));
    }

    #[test]
    fn only_files_of_days_in_the_folder_are_opened() {
        let folder = folder_with(&line(1, "INFO", "attune: x"));
        fs::write(folder.path().join("secret.log"), "x").unwrap();
        fs::write(folder.path().join("attune.2026-11-2x.log"), "x").unwrap();
        #[cfg(unix)]
        std::os::unix::fs::symlink("secret.log", folder.path().join("attune.2026-11-20.log")).unwrap();
        assert_eq!(
            days(folder.path()).unwrap().iter().map(|day| day.day.as_str()).collect::<Vec<_>>(),
            [DAY]
        );
        for day in
            ["../attune", "", "secret", "2026-11-2x", "2026-11-20", "2026-11-19", "2026/11/21", DAY_AND_MORE]
        {
            let refused = page(folder.path(), day, &LogQuery::default());
            assert!(matches!(refused, Err(Error::UnknownLogDay { .. })), "{day}: {refused:?}");
        }
        assert_eq!(days(&folder.path().join("none")).unwrap(), []);
    }

    const DAY_AND_MORE: &str = "2026-11-21.log/../../x";
}
