//! A process that works off as much as it is told to and says how long that took; its lines are those that
//! `bench/reference/speed.py` describes.

use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Instant;

use serde::Deserialize;

use crate::error::{Error, Result};

pub(crate) struct Contestant {
    pub(crate) name: &'static str,
    /// Seconds from its start until it could begin.
    pub(crate) ready_after: f64,
    /// What it may hold at once, where that is judged.
    pub(crate) most_mebibytes: Option<u64>,
    process: Child,
    /// None once it was told that nothing follows.
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
}

/// What it says of a round.
#[derive(Debug, Clone, Copy, Deserialize)]
pub(crate) struct Round {
    pub(crate) seconds: f64,
    /// Of all its threads.
    pub(crate) processor: f64,
}

#[derive(Deserialize)]
struct Ready {
    ready: bool,
}

#[derive(Deserialize)]
struct End {
    peak_kib: u64,
}

impl Contestant {
    /// Starts it, and waits until it could begin.
    pub(crate) fn start(name: &'static str, command: &mut Command) -> Result<Self> {
        let began = Instant::now();
        let program = PathBuf::from(command.get_program());
        let mut process = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|source| Error::NotStarted { path: program, source })?;
        let (Some(input), Some(output)) = (process.stdin.take(), process.stdout.take()) else {
            return Err(Error::Silent { name });
        };
        let (input, output) = (Some(input), BufReader::new(output));
        let mut contestant = Self { name, ready_after: 0.0, most_mebibytes: None, process, input, output };
        if !contestant.hear::<Ready>()?.ready {
            return Err(Error::Silent { name });
        }
        contestant.ready_after = began.elapsed().as_secs_f64();
        Ok(contestant)
    }

    /// Has it work off this many rows.
    pub(crate) fn take(&mut self, rows: usize) -> Result<Round> {
        let name = self.name;
        let input = self.input.as_mut().ok_or(Error::Silent { name })?;
        writeln!(input, "{rows}").and_then(|()| input.flush()).map_err(|_| Error::Silent { name })?;
        self.hear()
    }

    /// Ends it; the most memory that it held at once, in MiB.
    pub(crate) fn end(&mut self) -> Result<u64> {
        self.input = None;
        Ok(self.hear::<End>()?.peak_kib / 1024)
    }

    fn hear<T: serde::de::DeserializeOwned>(&mut self) -> Result<T> {
        let mut line = String::new();
        let heard = self.output.read_line(&mut line);
        heard.ok().and_then(|_| serde_json::from_str(&line).ok()).ok_or(Error::Silent { name: self.name })
    }
}

impl Drop for Contestant {
    fn drop(&mut self) {
        // It ends when nothing more can be read; one that does not is not waited for.
        self.input = None;
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// This program, to be started again.
pub(crate) fn own_program() -> Result<PathBuf> {
    std::env::current_exe().map_err(|source| Error::Read { path: PathBuf::from("/proc/self/exe"), source })
}
