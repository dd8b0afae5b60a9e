//! Server-sent events, read from a connection that may send anything.
//!
//! Source: the HTML standard, "Server-sent events", 9.2.6 Interpreting an event stream; only `data` counts here.
//! Invariant: no line or event takes more memory than [`MOST_BYTES`], whatever is sent.

use std::io::{self, BufRead, BufReader, ErrorKind, Read};

/// Of one event; a piece of an answer has some hundred bytes.
const MOST_BYTES: usize = 1 << 20;

/// The `data` of one event after the other.
pub(super) struct Events<R> {
    lines: BufReader<R>,
    bytes: u64,
}

impl<R: Read> Events<R> {
    pub(super) fn new(connection: R) -> Self {
        Self { lines: BufReader::new(connection), bytes: 0 }
    }

    /// How much has been read so far.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// The data of the next event; `None` at the end of the stream. What stands before an end without an empty
    /// line counts as an event too: some servers leave that line out.
    ///
    /// # Errors
    /// The connection's, and [`ErrorKind::InvalidData`] for what is longer than an event may be or no UTF-8.
    pub(super) fn next(&mut self) -> io::Result<Option<String>> {
        let mut data: Option<String> = None;
        loop {
            let Some(line) = self.line()? else { return Ok(data) };
            if line.is_empty() {
                if data.is_some() {
                    return Ok(data);
                }
                continue;
            }
            // Comments, which keep a connection alive, and names of events say nothing.
            let Some(value) = line.strip_prefix("data:") else { continue };
            let value = value.strip_prefix(' ').unwrap_or(value);
            match &mut data {
                None => data = Some(value.to_owned()),
                Some(data) if data.len() + value.len() >= MOST_BYTES => return Err(too_long()),
                Some(data) => {
                    data.push('\n');
                    data.push_str(value);
                }
            }
        }
    }

    /// The next line without its end; `None` at the end.
    fn line(&mut self) -> io::Result<Option<String>> {
        let mut line = Vec::new();
        // One byte more tells a line that is too long from one that just fits.
        self.lines.by_ref().take(MOST_BYTES as u64 + 1).read_until(b'\n', &mut line)?;
        self.bytes += line.len() as u64;
        if line.len() > MOST_BYTES {
            return Err(too_long());
        }
        if line.is_empty() {
            return Ok(None);
        }
        let ends = line.iter().rev().take_while(|byte| matches!(byte, b'\n' | b'\r')).count();
        line.truncate(line.len() - ends);
        String::from_utf8(line)
            .map(Some)
            .map_err(|_| io::Error::new(ErrorKind::InvalidData, "it is no UTF-8 text"))
    }
}

fn too_long() -> io::Error {
    io::Error::new(ErrorKind::InvalidData, "a single event is longer than 1 MiB")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn events(bytes: &[u8]) -> Vec<String> {
        let mut events = Events::new(bytes);
        std::iter::from_fn(|| events.next().unwrap()).collect()
    }

    #[test]
    fn events_are_read_as_servers_write_them() {
        assert_eq!(events(b"data: a\n\ndata:b\n\n"), ["a", "b"]);
        assert_eq!(events(b": alive\r\n\r\nevent: x\r\nid: 1\r\ndata: a\r\ndata:  b\r\n\r\n"), ["a\n b"]);
        assert_eq!(events(b"\n\n\ndata: last"), ["last"]);
        assert_eq!(events(b"data\n\ndatum: x\n\n"), [""; 0]);
        assert_eq!(events(b""), [""; 0]);
    }

    #[test]
    fn what_never_ends_or_is_no_text_is_an_error_and_takes_little_memory() {
        let endless = Events::new(io::repeat(b'a')).next().unwrap_err();
        assert_eq!(endless.kind(), ErrorKind::InvalidData);
        struct Lines;
        impl Read for Lines {
            fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
                let line =
                    b"data: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n";
                let length = line.len().min(buffer.len());
                buffer[..length].copy_from_slice(&line[..length]);
                Ok(length)
            }
        }
        assert_eq!(Events::new(Lines).next().unwrap_err().kind(), ErrorKind::InvalidData);
        assert_eq!(Events::new(&b"data: \xff\n\n"[..]).next().unwrap_err().kind(), ErrorKind::InvalidData);
    }
}
