//! CSV files: two columns, or columns whose header names two of them.
//!
//! The `csv` crate parses; this file feeds it line by line. That bounds a record, and a quote that is never
//! closed costs one row instead of the rest of the file.

use std::collections::VecDeque;
use std::io::{self, Read};

use csv::{ByteRecord, Reader, ReaderBuilder, Terminator};

use super::lines::{LONGEST_ROW, Lines, NOT_UTF8, TOO_LONG};
use super::{COLUMNS, Fault, SourceRows, example};
use crate::{Error, Result};

/// The most lines that a quoted text may span. A hostile file makes the parser read each line so many times.
const MOST_LINES: usize = 200;
const UNCLOSED: &str = "a quote that is never closed";

/// Where the two texts are in each record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Columns {
    input: usize,
    output: usize,
    width: usize,
}

/// Adds the rows of `text` until `found` is full; `head` is how the text begins.
///
/// # Errors
/// [`Error::NoTwoColumns`] or [`Error::TooManyColumns`] where it is not plain which columns are meant.
pub(super) fn read_csv(text: impl Read, head: &[u8], found: &mut SourceRows) -> Result<()> {
    let unreadable = |path: &std::path::Path, source| Error::DataUnreadable { path: path.to_owned(), source };
    let mut records = Records::new(text, separator(head));
    let mut columns = None;
    while !found.is_full() {
        let Some((line, record)) = records.next().map_err(|error| unreadable(&found.path, error))? else {
            break;
        };
        let row = match (record, columns) {
            (Err(fault), _) => Err(fault),
            (Ok(record), Some(columns)) => row(record, columns),
            (Ok(record), None) => {
                if let Some(named) = named_columns(record) {
                    columns = Some(named);
                    continue;
                }
                let first = match record.len() {
                    2 => Columns { input: 0, output: 1, width: 2 },
                    0 | 1 => return Err(Error::NoTwoColumns { path: found.path.clone() }),
                    columns => return Err(Error::TooManyColumns { path: found.path.clone(), columns }),
                };
                found.remarks.push(
                    "No header names the columns, so the first is read as the input and the second as the output."
                        .to_owned(),
                );
                columns = Some(first);
                row(record, first)
            }
        };
        found.add(("line", line), row);
    }
    Ok(())
}

fn row(record: &ByteRecord, columns: Columns) -> Result<attune_tuning::Example, Fault> {
    if record.len() != columns.width {
        let (found, wanted) = (record.len(), columns.width);
        return Err(Fault::Malformed(format!("{found} columns instead of {wanted}").into()));
    }
    let field = |index: usize| {
        let bytes = record.get(index).unwrap_or_default();
        let text = std::str::from_utf8(bytes).map_err(|_| Fault::Malformed(NOT_UTF8.into()))?;
        if text.contains('\0') { Err(Fault::Malformed("a NUL byte".into())) } else { Ok(text) }
    };
    example(field(columns.input)?, field(columns.output)?)
}

/// The columns that a header names, in any order and case, among any others.
fn named_columns(record: &ByteRecord) -> Option<Columns> {
    let names: Vec<String> =
        record.iter().map(|name| String::from_utf8_lossy(name).trim().to_lowercase()).collect();
    let place = |wanted: &str| names.iter().position(|name| name == wanted);
    COLUMNS.iter().find_map(|(input, output)| {
        Some(Columns { input: place(input)?, output: place(output)?, width: names.len() })
    })
}

/// The separator with which the first record is a header, else two fields, else the most fields.
///
/// A text may hold commas more often than semicolons, and either more often than tabs, hence the order.
fn separator(head: &[u8]) -> u8 {
    const SEPARATORS: [u8; 3] = [b'\t', b';', b','];
    let first = |separator: u8| -> (bool, usize) {
        match Records::new(head, separator).next() {
            Ok(Some((_, Ok(record)))) => (named_columns(record).is_some(), record.len()),
            _ => (false, 0),
        }
    };
    let found = SEPARATORS.map(|separator| (separator, first(separator)));
    let chosen = found
        .iter()
        .find(|(_, (is_header, _))| *is_header)
        .or_else(|| found.iter().find(|(_, (_, fields))| *fields == 2))
        .or_else(|| found.iter().max_by_key(|(_, (_, fields))| *fields));
    chosen.map_or(b',', |(separator, _)| *separator)
}

/// Records with the numbers of the lines they begin on.
struct Records<R> {
    /// Taken out only while it is made anew.
    reader: Option<Reader<Feed<R>>>,
    separator: u8,
    record: ByteRecord,
}

impl<R: Read> Records<R> {
    fn new(text: R, separator: u8) -> Self {
        let feed = Feed {
            lines: Lines::new(text),
            again: VecDeque::new(),
            taken: Vec::new(),
            bytes: 0,
            given: 0,
            interrupted: None,
        };
        Self { reader: Some(reader(feed, separator)), separator, record: ByteRecord::new() }
    }

    fn next(&mut self) -> io::Result<Option<(u64, Result<&ByteRecord, Fault>)>> {
        let Some(reader) = &mut self.reader else { return Ok(None) };
        reader.get_mut().begin_record();
        let read = reader.read_byte_record(&mut self.record);
        let feed = reader.get_mut();
        let interrupted = feed.interrupted.take();
        let Some(line) = feed.taken.first().map(|line| line.number) else {
            // No line was taken: the file has ended, or cannot be read.
            return match read {
                Ok(_) => Ok(None),
                Err(error) => Err(io_error(error)),
            };
        };
        let Some(interruption) = interrupted else {
            return match read {
                Ok(_) => Ok(Some((line, Ok(&self.record)))),
                Err(error) => Err(io_error(error)),
            };
        };
        // The parser is in the middle of a record; a new one goes on after the record's first line.
        if let Some(reader) = self.reader.take() {
            let mut feed = reader.into_inner();
            feed.give_back_all_but_the_first();
            self.reader = Some(self::reader(feed, self.separator));
        }
        Ok(Some((line, Err(Fault::Malformed(interruption.into())))))
    }
}

fn reader<R: Read>(feed: Feed<R>, separator: u8) -> Reader<Feed<R>> {
    ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(separator)
        // Lines come with this end only. A carriage return inside a text is a part of it.
        .terminator(Terminator::Any(b'\n'))
        .from_reader(feed)
}

fn io_error(error: csv::Error) -> io::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error,
        // No other kind can come from raw records of any length.
        other => io::Error::other(format!("{other:?}")),
    }
}

struct TakenLine {
    number: u64,
    /// With a line end; `None` where the line is too long.
    text: Option<Vec<u8>>,
}

impl TakenLine {
    fn length(&self) -> usize {
        self.text.as_ref().map_or(0, Vec::len)
    }
}

/// Gives the parser one line per call, so that it never reads past the record that it is asked for.
struct Feed<R> {
    lines: Lines<R>,
    /// Lines of a record that did not end, to be read again as records of their own.
    again: VecDeque<TakenLine>,
    /// Lines of this record.
    taken: Vec<TakenLine>,
    /// Of all taken lines.
    bytes: usize,
    /// How much of the last taken line was given.
    given: usize,
    /// Why this record did not end.
    interrupted: Option<&'static str>,
}

impl<R: Read> Feed<R> {
    fn begin_record(&mut self) {
        self.taken.clear();
        self.bytes = 0;
    }

    fn give_back_all_but_the_first(&mut self) {
        for line in self.taken.drain(..).skip(1).rev() {
            self.again.push_front(line);
        }
    }

    /// Takes the next line; `false` at the end of the file.
    fn take_line(&mut self) -> io::Result<bool> {
        loop {
            let line = match self.again.pop_front() {
                Some(line) => line,
                None => match self.lines.next()? {
                    Some((number, text)) => {
                        TakenLine { number, text: text.map(|text| [text, b"\n"].concat()) }
                    }
                    None => return Ok(false),
                },
            };
            let is_blank = line.text.as_ref().is_some_and(|text| text.trim_ascii().is_empty());
            if is_blank && self.taken.is_empty() {
                continue;
            }
            self.bytes += line.length();
            self.taken.push(line);
            self.given = 0;
            return Ok(true);
        }
    }

    fn interrupt(&mut self, why: &'static str) -> io::Error {
        self.interrupted = Some(why);
        io::Error::other(why)
    }
}

impl<R: Read> Read for Feed<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.taken.last().is_none_or(|line| self.given == line.length()) {
            if !self.take_line()? {
                if self.taken.is_empty() {
                    return Ok(0);
                }
                // Every line has its end, so only an open quote makes the parser ask for more.
                return Err(self.interrupt(UNCLOSED));
            }
            if self.taken.last().is_some_and(|line| line.text.is_none()) {
                return Err(self.interrupt(if self.taken.len() == 1 { TOO_LONG } else { UNCLOSED }));
            }
            if self.taken.len() > MOST_LINES || self.bytes > LONGEST_ROW + 1 {
                return Err(self.interrupt(UNCLOSED));
            }
        }
        let Some(text) = self.taken.last().and_then(|line| line.text.as_ref()) else { return Ok(0) };
        let rest = &text[self.given..];
        let most = rest.len().min(buffer.len());
        buffer[..most].copy_from_slice(&rest[..most]);
        self.given += most;
        Ok(most)
    }
}
