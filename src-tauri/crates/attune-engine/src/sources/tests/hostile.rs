//! Files that mean harm or were cut, torn and mixed up: rows or a sentence, never a panic and never much memory.

use std::io::{Cursor, Read};

use super::super::csv_rows::read_csv;
use super::super::json_lines::read_json_lines;
use super::super::lines::LONGEST_ROW;
use super::*;

const GOOD: &str = "{\"input\": \"a\", \"output\": \"b\"}\n";

#[test]
fn deep_and_huge_json_costs_one_row() {
    for nested in [
        format!("{{\"input\": {}1{}, \"output\": \"b\"}}\n", "[".repeat(200_000), "]".repeat(200_000)),
        format!("{}\n", "{\"a\":".repeat(150_000)),
        format!("{{\"input\": \"{}\", \"output\": \"b\"}}\n", "x".repeat(LONGEST_ROW)),
        format!("{{\"messages\": [{}]}}\n", "{\"role\": \"user\"},".repeat(20_000)),
    ] {
        let found = read(format!("{GOOD}{nested}{GOOD}")).unwrap();
        assert_eq!((found.examples.len(), found.skipped.malformed), (2, 1));
    }
}

#[test]
fn a_quote_that_never_closes_costs_one_row() {
    let rows: String = (0..500).map(|row| format!("q{row},a{row}\n")).collect();
    let found = read(format!("input,output\nfirst,row\n\"open,b\n{rows}")).unwrap();
    assert_eq!((found.examples.len(), found.skipped.malformed), (501, 1));
    assert_eq!(found.faults, ["line 3: a quote that is never closed"]);
    // Each of these lines closes the quote of the line before and opens another.
    let chain = "a\"b,\"c\n".repeat(5000);
    let found = read(format!("input,output\nfirst,row\n{chain}last,row\n")).unwrap();
    assert_eq!((found.examples.len(), found.skipped.malformed), (2, 5000));
    let long = format!(
        "input,output\na,b\n\"{}\nc,d\n\"{}\n{}\ne,f\n",
        "x".repeat(LONGEST_ROW),
        "y",
        "z".repeat(3 * LONGEST_ROW)
    );
    let found = read(long).unwrap();
    assert_eq!((pairs(&found), found.skipped.malformed), (vec![("a", "b"), ("c", "d"), ("e", "f")], 3));
}

#[test]
fn torn_and_mixed_up_files_give_rows_or_a_sentence() {
    let samples: [&[u8]; 6] = [
        b"{\"input\": \"a\", \"output\": \"b\"}\n{\"prompt\": \"\\ud83d\\ude00\", \"completion\": \"\\u0000\"}\n",
        b"{\"messages\": [{\"role\": \"user\", \"content\": \"q\"}, {\"role\": \"assistant\", \"content\": \"a\"}]}\n",
        b"input,output\n\"a \"\"b\"\"\",c\n\"d\ne\",f\n",
        "\u{feff}prompt;completion\r\n\u{e4};\u{1f600}\r\n".as_bytes(),
        b"\"\"\"\",\"\n\"\"\n,\",,\"\r\r\n\t;\n",
        b"SQLite format 3\0 and then nothing of the kind",
    ];
    // A small generator of its own, so that a failure repeats.
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    let mut random = move |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state % below as u64) as usize
    };
    let folder = Folder::new();
    for round in 0..3000 {
        let mut bytes = samples[round % samples.len()].repeat(1 + random(3));
        for _ in 0..random(6) {
            let at = random(bytes.len());
            match random(4) {
                0 => bytes[at] = [0, b'"', b'\n', b',', 0xFF, b'{', b'\\', b'\r'][random(8)],
                1 => bytes.truncate(at.max(1)),
                2 => drop(bytes.drain(at..)),
                _ => bytes.insert(at, b"\",{}[]\n\r\t;:\\\0\xEF"[random(14)]),
            }
            if bytes.is_empty() {
                bytes.push(b'x');
            }
        }
        let path = folder.file("rows", &bytes);
        match read_source(&path, MOST).and_then(SourceRows::require_usable) {
            Ok(found) => {
                assert_eq!(found.rows, found.examples.len() as u64 + found.skipped.total(), "{bytes:?}");
                let is_whole = |text: &str| !text.trim().is_empty();
                assert!(found.examples.iter().all(|row| is_whole(&row.input) && is_whole(&row.output)));
                found.summary();
            }
            Err(error) => assert!(error.hint().is_some(), "{error}: {bytes:?}"),
        }
        assert_eq!(std::fs::read(&path).unwrap(), bytes);
    }
}

/// A text of so many times the same line, made while it is read.
struct Repeated {
    line: Vec<u8>,
    left: usize,
    now: Cursor<Vec<u8>>,
}

impl Repeated {
    fn new(line: Vec<u8>, times: usize) -> Self {
        Self { line, left: times, now: Cursor::default() }
    }
}

impl Read for Repeated {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        match self.now.read(buffer)? {
            0 if self.left > 0 => {
                self.left -= 1;
                self.now = Cursor::new(self.line.clone());
                self.now.read(buffer)
            }
            read => Ok(read),
        }
    }
}

/// The memory that this process has, in bytes.
fn resident() -> u64 {
    let pages = std::fs::read_to_string("/proc/self/statm").unwrap();
    pages.split(' ').nth(1).unwrap().parse::<u64>().unwrap() * 4096
}

#[test]
fn a_hundred_thousand_unusable_rows_leave_memory_flat() {
    const ROWS: usize = 100_000;
    let path = Path::new("generated");
    let wide = "x".repeat(1000);
    let before = resident();

    let mut lines = SourceRows::new(path, SourceKind::JsonLines, MOST);
    read_json_lines(Repeated::new(format!("{{\"input\": \"{wide}\"}}\n").into_bytes(), ROWS), &mut lines)
        .unwrap();
    assert_eq!((lines.rows, lines.skipped.missing_field), (ROWS as u64, ROWS as u64));

    let row = format!("{wide},b,c\n").into_bytes();
    let mut csv = SourceRows::new(path, SourceKind::Csv, MOST);
    let header = b"input,output\n";
    read_csv(header.chain(Repeated::new(row, ROWS)), header, &mut csv).unwrap();
    assert_eq!((csv.rows, csv.skipped.malformed), (ROWS as u64, ROWS as u64));

    // 100 MB went through each reader. Other tests of this process take some memory meanwhile.
    let grown = resident().saturating_sub(before);
    assert!(grown < 64 << 20, "{grown} bytes more than before");
}

#[test]
fn a_hundred_thousand_good_rows_are_read_as_far_as_they_are_wanted() {
    let folder = Folder::new();
    let path = folder.file("many.csv", "question,answer\n".repeat(100_000));
    let found = read_source(&path, 100_000).unwrap();
    assert_eq!(found.examples.len(), 100_000);
    assert_eq!(read_source(&path, 10).unwrap().rows, 10);
}
