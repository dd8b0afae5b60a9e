//! `latest`: the name under which the newest good adapter of an output folder is found.
//!
//! It is a symlink, replaced by a rename. Where the system refuses symlinks it is a small file that holds the
//! name of the run folder; reading understands both everywhere.
//! Invariant: whoever resolves `latest` once works with one adapter, whatever happens to the name meanwhile.

use std::io;
use std::path::{Path, PathBuf};

use super::{AdapterFolder, durable_writer};
use crate::{Error, Result};

const NAME: &str = "latest";

/// Points `latest` of `output_folder` to its complete, verified run folder `run_directory`.
///
/// # Errors
/// What [`AdapterFolder::open`] finds wrong, [`Error::LatestIsNotOurs`] if a real folder has that name, or
/// [`Error::Write`].
pub(crate) fn move_latest(output_folder: &Path, run_directory: &str) -> Result<AdapterFolder> {
    let adapter = AdapterFolder::open(&output_folder.join(run_directory))?;
    check_latest_can_move(output_folder)?;
    let latest = output_folder.join(NAME);
    let beside = output_folder.join(format!(".latest-{}", ulid::Ulid::generate()));
    let moved = match symlink(run_directory, &beside) {
        Ok(()) => std::fs::rename(&beside, &latest)
            .and_then(|()| durable_writer::sync_folder(output_folder))
            .inspect_err(|_| drop(std::fs::remove_file(&beside))),
        Err(_) => durable_writer::write(&latest, format!("{run_directory}\n").as_bytes()),
    };
    moved.map_err(|source| Error::Write { path: latest, source })?;
    Ok(adapter)
}

/// Says early that `latest` could not be moved, before hours of training.
pub(crate) fn check_latest_can_move(output_folder: &Path) -> Result<()> {
    let latest = output_folder.join(NAME);
    match std::fs::symlink_metadata(&latest) {
        Ok(found) if found.is_dir() => Err(Error::LatestIsNotOurs { path: latest }),
        _ => Ok(()),
    }
}

/// Whether `latest` of `output_folder` leads to `folder`.
pub(crate) fn latest_means(output_folder: &Path, folder: &Path) -> bool {
    match (resolve(&output_folder.join(NAME)), std::fs::canonicalize(folder)) {
        (Ok(latest), Ok(folder)) => latest == folder,
        _ => false,
    }
}

/// Takes the name away, not what it leads to.
pub(crate) fn forget_latest(output_folder: &Path) -> Result<()> {
    let latest = output_folder.join(NAME);
    match std::fs::remove_file(&latest) {
        Err(source) if source.kind() != io::ErrorKind::NotFound => {
            Err(Error::Remove { path: latest, source })
        }
        _ => Ok(()),
    }
}

/// The real folder that `path` leads to, through a symlink or a pointer file.
///
/// # Errors
/// [`Error::AdapterMissing`] if nothing is there.
pub(crate) fn resolve(path: &Path) -> Result<PathBuf> {
    let missing = |source: io::Error| match source.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => {
            Error::AdapterMissing { path: path.to_owned() }
        }
        _ => Error::Read { path: path.to_owned(), source },
    };
    let found = std::fs::canonicalize(path).map_err(missing)?;
    if found.is_dir() {
        return Ok(found);
    }
    let folder = found.parent().unwrap_or(Path::new("."));
    let name = std::fs::read_to_string(&found).unwrap_or_default();
    let name = name.trim();
    let is_pointer = !name.is_empty() && Path::new(name).file_name().is_some_and(|file| file == name);
    if found.file_name().is_none_or(|file| file != NAME) || !is_pointer {
        return Err(Error::AdapterMissing { path: path.to_owned() });
    }
    std::fs::canonicalize(folder.join(name)).map_err(missing)
}

#[cfg(unix)]
fn symlink(target: &str, link: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(target, link)
}

#[cfg(not(unix))]
fn symlink(_target: &str, _link: &Path) -> io::Result<()> {
    Err(io::Error::new(io::ErrorKind::Unsupported, "links need rights here that not everybody has"))
}

#[cfg(test)]
mod tests {
    use super::super::adapter_folder::tests::write_sample;
    use super::*;

    #[test]
    fn latest_moves_from_one_complete_adapter_to_the_next() {
        let output = tempfile::tempdir().unwrap();
        for (run, weights) in [("first", b"1"), ("second", b"2")] {
            write_sample(&output.path().join(run), weights);
            move_latest(output.path(), run).unwrap();
            let latest = AdapterFolder::open(&output.path().join(NAME)).unwrap();
            assert_eq!(latest.path(), std::fs::canonicalize(output.path().join(run)).unwrap());
        }
        assert_eq!(std::fs::read_dir(output.path()).unwrap().count(), 3, "nothing is left beside it");
    }

    #[test]
    fn latest_does_not_move_to_an_incomplete_adapter() {
        let output = tempfile::tempdir().unwrap();
        write_sample(&output.path().join("good"), b"1");
        move_latest(output.path(), "good").unwrap();
        write_sample(&output.path().join("torn"), b"2");
        std::fs::remove_file(output.path().join("torn").join("training_run.json")).unwrap();
        assert!(move_latest(output.path(), "torn").is_err());
        assert!(resolve(&output.path().join(NAME)).unwrap().ends_with("good"));
    }

    #[test]
    fn a_pointer_file_means_the_same_as_a_link() {
        let output = tempfile::tempdir().unwrap();
        write_sample(&output.path().join("run"), b"1");
        std::fs::write(output.path().join(NAME), "run\n").unwrap();
        assert!(AdapterFolder::open(&output.path().join(NAME)).is_ok());
    }

    #[test]
    fn a_real_folder_named_latest_is_left_alone() {
        let output = tempfile::tempdir().unwrap();
        write_sample(&output.path().join("run"), b"1");
        std::fs::create_dir(output.path().join(NAME)).unwrap();
        assert!(matches!(move_latest(output.path(), "run"), Err(Error::LatestIsNotOurs { .. })));
    }
}
