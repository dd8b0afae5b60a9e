//! What the desktop reads outside the page: tray, notices, and the dialog for a page that does not answer.

use crate::api::wire::{Run, RunStatus};

pub(super) const NAME: &str = "Attune";
pub(super) const OPEN: &str = "Open Attune";
pub(super) const QUIT: &str = "Quit";
pub(super) const NO_RUN: &str = "No active run";
pub(super) const QUEUED: &str = "A run is waiting to start";

pub(super) const A_RUN_IS_ACTIVE: &str = "A run is active, and the page in the window does not answer.\n\n\
    Closing now interrupts the run. It can be resumed from its last checkpoint, if it has one.";
pub(super) const CLOSE_ATTUNE: &str = "Close Attune?";
pub(super) const KEEP_RUNNING: &str = "Keep it running";
pub(super) const INTERRUPT: &str = "Interrupt and close";
pub(super) const DO_NOT_CLOSE: &str = "Don't close";

pub(super) const COMPARE: &str = "Compare with base";
pub(super) const EXPORT: &str = "Export adapter";
pub(super) const SHOW: &str = "Show what happened";

/// What the tray says of a run that is active.
pub(super) fn state(run: &Run) -> String {
    if run.status == RunStatus::Queued {
        return QUEUED.to_owned();
    }
    let left =
        run.seconds_left.map_or(String::new(), |seconds| format!(", about {} left", time_left(seconds)));
    let percent = (100 * run.step).checked_div(run.total_steps).unwrap_or_default();
    format!("Training {}: {} %{left}", run.run_identifier, percent.min(100))
}

/// Title and text of a notice about a run that has ended.
pub(super) fn ended(run: &Run) -> (String, String) {
    let name = &run.run_identifier;
    if run.status == RunStatus::Completed {
        let loss = run.final_loss.map_or(String::new(), |loss| format!("Loss {loss:.3}, "));
        return (format!("Run {name} is done"), format!("{loss}{} of {} steps", run.step, run.total_steps));
    }
    let reason = run.error_message.as_deref().unwrap_or_default();
    (format!("Run {name} failed"), reason.lines().next().unwrap_or_default().to_owned())
}

/// An estimate has no tenths, and what is not over takes at least a second more.
fn time_left(seconds: f64) -> String {
    let seconds = seconds.ceil().max(1.0) as u64;
    match (seconds / 3600, seconds / 60 % 60, seconds % 60) {
        (0, 0, seconds) => format!("{seconds} s"),
        (0, minutes, 0) => format!("{minutes} min"),
        (0, minutes, seconds) => format!("{minutes} min {seconds} s"),
        (hours, 0, _) => format!("{hours} h"),
        (hours, minutes, _) => format!("{hours} h {minutes} min"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_left_is_written_as_in_the_page() {
        for (seconds, words) in [
            (0.0, "1 s"),
            (39.2, "40 s"),
            (60.0, "1 min"),
            (125.0, "2 min 5 s"),
            (3600.0, "1 h"),
            (3780.0, "1 h 3 min"),
        ] {
            assert_eq!(time_left(seconds), words, "{seconds}");
        }
    }
}
