//! Places between two steps of a durable change where a test can make this process die, or its disk full.
//!
//! Only test builds have them (feature `failpoints`, decision 13). The variable `FAILPOINTS` arms them in the
//! language of the `fail` crate: with `write::synced=return(kill job.json)` the process ends as by a power cut
//! when the new content of that file is synced, with `return(full job.json)` the disk is full at that moment,
//! and `sleep(5)` makes every such step take so many milliseconds longer.

use std::io;
use std::path::Path;

/// The process has come to `step` of a change to `path`.
///
/// # Errors
/// That of a full disk, where a test wants it for this path.
#[cfg(feature = "failpoints")]
pub(crate) fn reach(step: &'static str, path: &Path) -> io::Result<()> {
    arm();
    fail::fail_point!(step, |order| obey(&order.unwrap_or_default(), path));
    Ok(())
}

/// Nothing, in every build but that of the tests.
#[cfg(not(feature = "failpoints"))]
pub(crate) fn reach(_step: &'static str, _path: &Path) -> io::Result<()> {
    Ok(())
}

/// Whether a test wants now what otherwise waits for its time: with `checkpoint::interval=return`, for example.
#[cfg(feature = "failpoints")]
pub(crate) fn is_due(what: &'static str) -> bool {
    arm();
    fail::fail_point!(what, |_| true);
    false
}

/// Never, in every build but that of the tests.
#[cfg(not(feature = "failpoints"))]
pub(crate) fn is_due(_what: &'static str) -> bool {
    false
}

#[cfg(feature = "failpoints")]
fn arm() {
    static ARMED: std::sync::Once = std::sync::Once::new();
    // What the environment says holds until the process ends.
    ARMED.call_once(|| std::mem::forget(fail::FailScenario::setup()));
}

/// An order is `kill` or `full`, and what the path must contain for it to hold.
#[cfg(feature = "failpoints")]
fn obey(order: &str, path: &Path) -> io::Result<()> {
    let (what, place) = order.split_once(' ').unwrap_or((order, ""));
    if !path.to_string_lossy().contains(place) {
        return Ok(());
    }
    match what {
        "kill" => {
            rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL)?;
            std::process::abort()
        }
        "full" => Err(io::ErrorKind::StorageFull.into()),
        other => {
            Err(io::Error::new(io::ErrorKind::InvalidInput, format!("{other:?} is no failpoint's order")))
        }
    }
}
