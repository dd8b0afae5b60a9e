//! A worker that is held still, so that what a test does to an active run does not race with the run's end.

use std::process::Command;

use crate::support::Home;

/// Holds the worker of a home until it is dropped. A test that fails lets it go on too, so that it ends with its
/// owner.
pub(super) struct HeldWorker {
    process: String,
}

impl HeldWorker {
    pub(super) fn of(home: &Home) -> Self {
        let workers = home.workers();
        let [process] = &workers[..] else { panic!("one worker is at work, not {workers:?}") };
        let held = Self { process: process.to_string() };
        assert!(held.signal("-STOP"), "the worker can be held");
        held
    }

    fn signal(&self, signal: &str) -> bool {
        let sent = Command::new("kill").args([signal, &self.process]).status();
        sent.is_ok_and(|status| status.success())
    }
}

impl Drop for HeldWorker {
    fn drop(&mut self) {
        self.signal("-CONT");
    }
}
