//! A process that trains some rows whenever it is told to; its lines are those that `bench/reference/speed.py` describes.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Instant;

use serde::Deserialize;

use super::{Kind, Own, Rival};
use crate::error::{Error, Result};
use crate::files::read_json;
use crate::reference::{Python, checkout};

pub(super) struct Contestant {
    pub(super) name: &'static str,
    /// Seconds from its start until it could begin.
    pub(super) ready_after: f64,
    /// What it may hold at once, where that is judged.
    pub(super) most_mebibytes: Option<u64>,
    process: Child,
    /// None once it was told that nothing follows.
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
}

/// What it says of a round.
#[derive(Debug, Clone, Copy, Deserialize)]
pub(super) struct Round {
    pub(super) seconds: f64,
    /// Of all its threads.
    pub(super) processor: f64,
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
    pub(super) fn peft(python: &Python, folder: &Path, kind: Kind, rival: &Rival) -> Result<Self> {
        let script = checkout().join("bench/reference/speed.py");
        let mut command = Command::new(python.program());
        // No caches of compiled scripts in the checkout.
        command.arg("-B").arg(script).arg("train").arg(folder).args(["--kind", kind.name()]);
        Self::start(rival.name, command.args(rival.arguments))
    }

    pub(super) fn own(folder: &Path, kind: Kind, own: Own) -> Result<Self> {
        let program = std::env::current_exe()
            .map_err(|source| Error::Read { path: PathBuf::from("/proc/self/exe"), source })?;
        let mut command = Command::new(program);
        command.arg("train").arg(folder).args(["--kind", kind.name(), "--precision", own.precision()]);
        let mut contestant = Self::start(own.name(), &mut command)?;
        contestant.most_mebibytes = Some(own.most_mebibytes());
        Ok(contestant)
    }

    fn start(name: &'static str, command: &mut Command) -> Result<Self> {
        let began = Instant::now();
        let program = PathBuf::from(command.get_program());
        let mut process = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|source| Error::NoPython { path: program, source })?;
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

    /// Has it train this many rows.
    pub(super) fn take(&mut self, rows: usize) -> Result<Round> {
        let name = self.name;
        let input = self.input.as_mut().ok_or(Error::Silent { name })?;
        writeln!(input, "{rows}").and_then(|()| input.flush()).map_err(|_| Error::Silent { name })?;
        self.hear()
    }

    /// Ends it; the most memory that it held at once, in MiB.
    pub(super) fn end(&mut self) -> Result<u64> {
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

/// Source and target tokens of each round that counts, padding and prompt left out.
pub(super) fn tokens_a_round(folder: &Path, rows: usize, warm_up: usize, rounds: usize) -> Result<Vec<f64>> {
    let all = read_rows(folder)?;
    let tokens = |number: usize| {
        let row = &all[number % all.len()];
        row.source.len() + row.target.len()
    };
    let first = |round: usize| (warm_up + round) * rows;
    let of = |round: usize| (first(round)..first(round) + rows).map(tokens).sum::<usize>() as f64;
    Ok((0..rounds).map(of).collect())
}

#[derive(Deserialize)]
pub(super) struct Row {
    pub(super) source: Vec<u32>,
    pub(super) target: Vec<u32>,
}

pub(super) fn read_rows(folder: &Path) -> Result<Vec<Row>> {
    read_json(&folder.join("rows.json"))
}
