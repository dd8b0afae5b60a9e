//! What a kill may cost: the work since the last save, and nothing else.

mod batches;
mod failpoints;
mod full_disk;
mod hub;
mod hub_stops;
mod kills;
pub(crate) mod local_hub;
mod memory;
mod resume;
mod swaps;
mod tiny;

use std::path::Path;

/// The first child of a process, on Linux; the worker is the only one there is.
fn child_of(process: u32) -> Option<u32> {
    let tasks = std::fs::read_dir(Path::new("/proc").join(process.to_string()).join("task")).ok()?;
    tasks
        .filter_map(|task| std::fs::read_to_string(task.ok()?.path().join("children")).ok())
        .find_map(|children| children.split_whitespace().next()?.parse().ok())
}

fn end(process: u32) {
    // It may have ended by itself just before.
    let _ = std::process::Command::new("kill").args(["-KILL", &process.to_string()]).output();
}
