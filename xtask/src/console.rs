//! Numbered stages with their seconds, for people and for logs.
//!
//! Everything said while working goes to standard error, so that `cargo xtask run -- … --json` keeps
//! standard output for the program; only the closing table of a test run goes to standard output.

#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "telling people what happens is this module's work"
)]

use std::io::IsTerminal;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::error::Result;

/// How often a stage that is still at work says so where no progress bar can be drawn.
const SIGN_OF_LIFE: Duration = Duration::from_secs(60);

pub(crate) fn say(text: &str) {
    eprintln!("{text}");
}

/// Prints to standard output what another program or a person reads as the result.
pub(crate) fn result(text: &str) {
    println!("{text}");
}

/// The stages of one command, in order, with what each took.
#[derive(Debug)]
pub(crate) struct Stages {
    total: usize,
    done: Vec<(String, Duration)>,
}

impl Stages {
    pub(crate) fn new(total: usize) -> Self {
        Self { total, done: Vec::new() }
    }

    /// Announces a stage, does it, and says how long it took.
    pub(crate) fn stage<T>(&mut self, title: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
        let number = self.done.len() + 1;
        say(&format!("[{number}/{}] {title}", self.total));
        let start = Instant::now();
        let life = SignsOfLife::start(format!("[{number}/{}] {title}", self.total), start);
        let outcome = work();
        drop(life);
        let took = start.elapsed();
        let ended = if outcome.is_ok() { "done" } else { "failed" };
        say(&format!("      {ended} in {}", seconds(took)));
        self.done.push((title.to_owned(), took));
        outcome
    }

    /// A table of all stages so far.
    pub(crate) fn table(&self) -> String {
        let width = self.done.iter().map(|(title, _)| title.chars().count()).max().unwrap_or(0).max(5);
        let mut text = String::new();
        for (title, took) in &self.done {
            text.push_str(&format!("{title:<width$}  {:>9}\n", seconds(*took)));
        }
        let total = self.done.iter().map(|(_, took)| *took).sum();
        text.push_str(&format!("{:<width$}  {:>9}", "total", seconds(total)));
        text
    }
}

fn seconds(time: Duration) -> String {
    format!("{:.1} s", time.as_secs_f64())
}

/// Says every minute that a stage is still at work, in logs; a terminal has the tools' own progress bars.
struct SignsOfLife {
    end: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl SignsOfLife {
    fn start(title: String, start: Instant) -> Self {
        if std::io::stderr().is_terminal() {
            return Self { end: None, thread: None };
        }
        let (end, ended) = channel::<()>();
        let thread = std::thread::spawn(move || {
            while ended.recv_timeout(SIGN_OF_LIFE) == Err(RecvTimeoutError::Timeout) {
                say(&format!("{title}: still at work after {:.0} s", start.elapsed().as_secs_f64()));
            }
        });
        Self { end: Some(end), thread: Some(thread) }
    }
}

impl Drop for SignsOfLife {
    fn drop(&mut self) {
        drop(self.end.take());
        if let Some(thread) = self.thread.take() {
            // A panic there has been printed already and must not hide the stage's own outcome.
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Error;

    #[test]
    fn the_table_lists_stages_in_order_and_their_sum() {
        let stages = Stages {
            total: 2,
            done: vec![
                ("Clippy".into(), Duration::from_secs(90)),
                ("Tests".into(), Duration::from_millis(500)),
            ],
        };
        assert_eq!(stages.table(), "Clippy     90.0 s\nTests       0.5 s\ntotal      90.5 s");
    }

    #[test]
    fn a_failing_stage_is_in_the_table_too() {
        let mut stages = Stages::new(1);
        assert!(stages.stage("Nothing", || Err::<(), _>(Error::NoProject)).is_err());
        assert!(stages.table().starts_with("Nothing"));
    }
}
