//! A display that nobody sees, for tests of the window.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

/// A running X server with a number of its own.
#[derive(Debug)]
pub(crate) struct Xvfb {
    child: Child,
    name: String,
}

impl Xvfb {
    /// Starts a server that picks a free number and says which: no number is guessed, nothing is waited for.
    pub(crate) fn start() -> Self {
        let started = Command::new("Xvfb")
            .args(["-displayfd", "1", "-screen", "0", "1280x900x24", "-nolisten", "tcp"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn();
        let mut child = match started {
            Ok(child) => child,
            Err(error) => panic!("Xvfb did not start ({error}); `cargo xtask test` installs it"),
        };
        let mut number = String::new();
        let output = child.stdout.take().expect("standard output is a pipe");
        BufReader::new(output).read_line(&mut number).expect("Xvfb's output can be read");
        assert!(!number.trim().is_empty(), "Xvfb ended without naming a display; run it by hand to see why");
        Self { child, name: format!(":{}", number.trim()) }
    }

    /// For the variable DISPLAY.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }
}

impl Drop for Xvfb {
    fn drop(&mut self) {
        // It may have ended by itself; there is nothing else to do about a child that cannot be ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
