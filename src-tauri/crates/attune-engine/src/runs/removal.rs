//! Deleting a run: its row, its adapter and its curve, and nothing that somebody else put beside them.
//!
//! Invariant: `latest` never points to a folder that is going: it moves to the newest other good adapter of the
//! output folder first, or goes away.

use std::fs;
use std::io;
use std::path::Path;

use super::dispatcher::Shared;
use super::metrics;
use super::{Run, RunStatus};
use crate::artifacts::{self, files_of, forget_latest, latest_means, move_latest};
use crate::store::runs::Runs;
use crate::{Error, Result};

/// What deleting a run changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Removed {
    /// Space that its files took.
    pub freed_bytes: u64,
    /// The run folder that `latest` was moved to because it pointed to the deleted one.
    pub latest_moved_to: Option<String>,
}

/// Deletes a run that has ended.
///
/// # Errors
/// [`Error::RunStillActive`], or [`Error::Remove`] with the file that stayed; the row stays then too.
pub(crate) fn remove(shared: &Shared, run: &Run) -> Result<Removed> {
    if run.status.is_active() {
        return Err(Error::RunStillActive { run: run.id.clone(), status: run.status });
    }
    let folder = run.folder();
    let latest_moved_to =
        if latest_means(&run.output_folder, &folder) { give_latest_away(shared, run)? } else { None };
    let mut freed_bytes = remove_files(&folder)?;
    freed_bytes += remove_folder(&shared.folder.run_files(&run.id))?;
    Runs(&shared.store.connection()).delete(&run.id)?;
    shared.events.removed(run.id.clone());
    Ok(Removed { freed_bytes, latest_moved_to })
}

/// The space that deleting a run would free.
pub(crate) fn space_of(shared: &Shared, run: &Run) -> u64 {
    let folder = run.folder();
    let files = names_in(&folder).map(|name| size_of(&folder.join(name))).sum::<u64>();
    files + size_of(&folder.join(artifacts::RECORD)) + space_in(&shared.folder.run_files(&run.id))
}

/// Points `latest` to the newest other completed run that still verifies.
fn give_latest_away(shared: &Shared, run: &Run) -> Result<Option<String>> {
    let others = Runs(&shared.store.connection()).of_output_folder(&run.output_folder)?;
    let completed = others.iter().filter(|other| other.id != run.id && other.status == RunStatus::Completed);
    for other in completed {
        match move_latest(&run.output_folder, &other.run_directory) {
            Ok(_) => return Ok(Some(other.run_directory.clone())),
            Err(error) => {
                let error = crate::with_reasons(&error);
                tracing::warn!(run = %other.id, error, "an older adapter cannot become the latest");
            }
        }
    }
    forget_latest(&run.output_folder)?;
    Ok(None)
}

/// Removes what a run writes, then its folder if nothing else lies there.
fn remove_files(folder: &Path) -> Result<u64> {
    let mut freed = 0;
    for name in names_in(folder) {
        freed += remove_file(&folder.join(name))?;
    }
    artifacts::durable_writer::remove_left_over(folder);
    // The record goes last: until then the folder says what it is.
    freed += remove_file(&folder.join(artifacts::RECORD))?;
    match fs::remove_dir(folder) {
        Err(source)
            if !matches!(source.kind(), io::ErrorKind::NotFound | io::ErrorKind::DirectoryNotEmpty) =>
        {
            Err(Error::Remove { path: folder.to_owned(), source })
        }
        _ => Ok(freed),
    }
}

/// What a run writes into its folder besides the record.
fn names_in(folder: &Path) -> impl Iterator<Item = String> {
    let curves = [metrics::NAME, metrics::VALIDATION_NAME].map(str::to_owned);
    files_of(folder).into_iter().chain(curves)
}

fn size_of(path: &Path) -> u64 {
    fs::symlink_metadata(path).map_or(0, |file| file.len())
}

fn space_in(folder: &Path) -> u64 {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.metadata().ok()).map(|file| file.len()).sum()
}

fn remove_file(path: &Path) -> Result<u64> {
    let size = size_of(path);
    match fs::remove_file(path) {
        Err(source) if source.kind() != io::ErrorKind::NotFound => {
            Err(Error::Remove { path: path.to_owned(), source })
        }
        _ => Ok(size),
    }
}

/// Removes a folder of the data folder, where nobody else writes.
fn remove_folder(folder: &Path) -> Result<u64> {
    let size = space_in(folder);
    match fs::remove_dir_all(folder) {
        Err(source) if source.kind() != io::ErrorKind::NotFound => {
            Err(Error::Remove { path: folder.to_owned(), source })
        }
        _ => Ok(size),
    }
}
