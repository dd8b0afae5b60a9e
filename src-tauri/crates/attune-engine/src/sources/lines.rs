//! Lines of a file of any size, read one at a time.
//!
//! Invariant: at most [`LONGEST_ROW`] bytes of the file are held, however long a line is.

use std::io::{self, BufRead, BufReader, Read};

/// The most bytes that one row may have; longer ones are skipped and counted.
pub(super) const LONGEST_ROW: usize = 1 << 20;

pub(super) const TOO_LONG: &str = "longer than 1 MiB";
pub(super) const NOT_UTF8: &str = "not UTF-8 text";

pub(super) struct Lines<R> {
    reader: BufReader<R>,
    line: Vec<u8>,
    number: u64,
}

/// A line without its end, and its number from 1. `None` where it is longer than [`LONGEST_ROW`].
pub(super) type Line<'l> = (u64, Option<&'l [u8]>);

impl<R: Read> Lines<R> {
    pub(super) fn new(reader: R) -> Self {
        Self { reader: BufReader::new(reader), line: Vec::new(), number: 0 }
    }

    /// The next line; a line ends with `\n` or `\r\n`, the last one also with the file.
    pub(super) fn next(&mut self) -> io::Result<Option<Line<'_>>> {
        self.line.clear();
        // One byte more than allowed tells a line that is too long; the line's end may be two bytes.
        let most = LONGEST_ROW as u64 + 2;
        if self.reader.by_ref().take(most).read_until(b'\n', &mut self.line)? == 0 {
            return Ok(None);
        }
        self.number += 1;
        if self.line.last() == Some(&b'\n') {
            self.line.pop();
            if self.line.last() == Some(&b'\r') {
                self.line.pop();
            }
        } else if self.line.len() as u64 == most {
            self.reader.skip_until(b'\n')?;
        }
        let whole = (self.line.len() <= LONGEST_ROW).then_some(self.line.as_slice());
        Ok(Some((self.number, whole)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(text: &[u8]) -> Vec<(u64, Option<usize>)> {
        let mut lines = Lines::new(text);
        let mut found = Vec::new();
        while let Some((number, line)) = lines.next().unwrap() {
            found.push((number, line.map(<[u8]>::len)));
        }
        found
    }

    #[test]
    fn lines_end_in_both_ways_and_the_last_needs_no_end() {
        assert_eq!(all(b"ab\r\nc\n\nd"), [(1, Some(2)), (2, Some(1)), (3, Some(0)), (4, Some(1))]);
        assert_eq!(all(b""), []);
    }

    #[test]
    fn a_line_that_is_too_long_is_passed_over_and_the_next_is_whole() {
        for (length, expected) in
            [(LONGEST_ROW, Some(LONGEST_ROW)), (LONGEST_ROW + 1, None), (3 * LONGEST_ROW, None)]
        {
            for end in ["\n", "\r\n"] {
                let text = format!("{}{end}next", "x".repeat(length));
                assert_eq!(all(text.as_bytes()), [(1, expected), (2, Some(4))], "{length} {end:?}");
            }
        }
    }
}
