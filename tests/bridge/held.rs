//! A process that is held still: a worker whose end must not race with what a test does, or a page that hangs.

use std::process::Command;

use crate::support::Home;

/// Holds a process of a home until it is dropped. A test that fails lets it go on too, so that it ends with its owner.
pub(super) struct Held {
    process: String,
}

impl Held {
    /// The worker of the active run.
    pub(super) fn worker(home: &Home) -> Self {
        Self::hold(&home.workers())
    }

    /// The process that runs the page of the window.
    pub(super) fn page(home: &Home) -> Self {
        Self::hold(&home.processes(|command| command.contains("WebKitWebProcess")))
    }

    fn hold(processes: &[u32]) -> Self {
        let [process] = processes else { panic!("one process is there to be held, not {processes:?}") };
        let held = Self { process: process.to_string() };
        assert!(held.signal("-STOP"), "{process} can be held");
        held
    }

    fn signal(&self, signal: &str) -> bool {
        let sent = Command::new("kill").args([signal, &self.process]).status();
        sent.is_ok_and(|status| status.success())
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.signal("-CONT");
    }
}
