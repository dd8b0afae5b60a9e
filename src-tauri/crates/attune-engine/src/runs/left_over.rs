//! What an owner that died, or a database that was full, left behind of runs.
//!
//! Not here: the leftovers of a single write, which go with the next one in their folder (`artifacts`).

use super::{RunId, RunStatus};
use crate::artifacts::durable_writer;
use crate::store::Store;
use crate::store::runs::{Ending, Runs};
use crate::{DataFolder, Result};

/// Ends the row that says running though nobody attends its run; `why` is what its reader is told.
///
/// `is_attended` is asked after the row was read: a run is attended before its row says running and until its end
/// is written, so one that is running and not attended is left over, or has ended since and stays as it ended.
///
/// # Errors
/// [`Error::Database`](crate::Error::Database).
pub(crate) fn interrupt_left_over(
    store: &Store,
    why: &str,
    is_attended: impl FnOnce(&RunId) -> bool,
) -> Result<()> {
    let running = Runs(&store.connection()).running()?;
    let Some(run) = running.filter(|run| !is_attended(&run.id)) else { return Ok(()) };
    tracing::warn!(run = %run.id, "a run was left running");
    durable_writer::remove_left_over(&run.folder());
    // What the worker had written down is all that is known.
    let curves = super::metrics::read_whole(&run.folder()).unwrap_or_default();
    let last = curves.points.last();
    let step = last.map_or(0, |point| point.step);
    let total_steps = last.map_or(0, |point| {
        (point.step as f64 / point.epoch * f64::from(run.hyperparameters.epochs)).round() as u64
    });
    Runs(&store.connection()).end(
        &run.id,
        &Ending {
            error_message: Some(why),
            best: curves.best(),
            step,
            total_steps,
            ..Ending::of(RunStatus::Interrupted)
        },
    )?;
    Ok(())
}

/// Removes what a dead owner was writing for its runs, and the folders of runs that it had not come to.
pub(crate) fn remove_left_over_files(folder: &DataFolder) {
    for run in std::fs::read_dir(folder.runs()).into_iter().flatten().flatten() {
        durable_writer::remove_left_over(&run.path());
        // Only an empty folder goes, so the answer for every other one is an error.
        let _ = std::fs::remove_dir(run.path());
    }
}
