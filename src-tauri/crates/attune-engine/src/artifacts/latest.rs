//! `latest`: the name under which the newest good adapter of an output folder is found.
//!
//! It is a symlink, replaced by a rename. Where the system refuses symlinks it is a small file that holds the
//! name of the run folder; reading understands both everywhere.
//! Invariant: whoever resolves `latest` once works with one adapter, whatever happens to the name meanwhile.

use std::io;
use std::path::{Path, PathBuf};

use super::{AdapterFolder, durable_writer};
use crate::failpoints::reach;
use crate::{Error, Result};

const NAME: &str = "latest";
/// The link on its way to be `latest`. One name for all: what a dead process left is replaced by the next move.
const NEXT: &str = ".latest-next";
/// How often another owner of the same output folder may come between before a move fails.
const MOST_TRIES: u32 = 100;

/// The moments between two steps of [`move_latest`], as tests name them.
#[cfg(test)]
const STEPS: [&str; 3] = ["latest::verified", "latest::linked", "latest::renamed"];

/// Points `latest` of `output_folder` to its complete, verified run folder `run_directory`.
///
/// # Errors
/// What [`AdapterFolder::open`] finds wrong, [`Error::LatestIsNotOurs`] if a real folder has that name, or
/// [`Error::Write`].
pub(crate) fn move_latest(output_folder: &Path, run_directory: &str) -> Result<AdapterFolder> {
    let adapter = AdapterFolder::open(&output_folder.join(run_directory))?;
    check_latest_can_move(output_folder)?;
    let latest = output_folder.join(NAME);
    reach("latest::verified", &latest)
        .and_then(|()| point(&latest, run_directory))
        .and_then(|()| reach("latest::renamed", &latest))
        .and_then(|()| durable_writer::sync_folder(output_folder))
        .map_err(|source| Error::Write { path: latest, source })?;
    Ok(adapter)
}

fn point(latest: &Path, run_directory: &str) -> io::Result<()> {
    let next = latest.with_file_name(NEXT);
    for _ in 0..MOST_TRIES {
        match symlink(run_directory, &next) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                remove_if_there(&next)?;
                continue;
            }
            Err(error) if is_refusal(&error) => {
                return durable_writer::write(latest, format!("{run_directory}\n").as_bytes());
            }
            Err(error) => return Err(error),
        }
        let renamed = reach("latest::linked", latest).and_then(|()| std::fs::rename(&next, latest));
        match renamed {
            // Another owner moved our link into its place; this move comes after that one.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return remove_if_there(&next).and(Err(error)),
            Ok(()) => return Ok(()),
        }
    }
    Err(io::Error::new(io::ErrorKind::ResourceBusy, "other programs move it all the time"))
}

/// Whether the system has no links, or none for this person.
fn is_refusal(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::Unsupported | io::ErrorKind::PermissionDenied)
}

fn remove_if_there(path: &Path) -> io::Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
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
    remove_if_there(&latest).map_err(|source| Error::Remove { path: latest, source })
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
    fn a_disk_that_is_full_at_any_step_of_a_move_leaves_latest_at_a_complete_adapter() {
        let output = tempfile::tempdir().unwrap();
        for run in ["old", "new"] {
            write_sample(&output.path().join(run), run.as_bytes());
        }
        for step in STEPS {
            move_latest(output.path(), "old").unwrap();
            // Named by its folder, so that tests beside this one keep their room.
            fail::cfg(step, &format!("return(full {})", output.path().display())).unwrap();
            let error = move_latest(output.path(), "new").unwrap_err();
            fail::remove(step);
            assert!(matches!(error, Error::Write { .. }), "{step}: {error}");
            let latest = AdapterFolder::open(&output.path().join(NAME)).unwrap();
            let expected = if step == "latest::renamed" { "new" } else { "old" };
            assert!(latest.path().ends_with(expected), "{step}");
            assert_eq!(
                std::fs::read_dir(output.path()).unwrap().count(),
                3,
                "{step}: nothing is left beside it"
            );
        }
    }

    #[test]
    fn a_link_that_a_dead_process_left_is_replaced() {
        let output = tempfile::tempdir().unwrap();
        write_sample(&output.path().join("run"), b"1");
        symlink("torn", &output.path().join(NEXT)).unwrap();
        move_latest(output.path(), "run").unwrap();
        assert!(resolve(&output.path().join(NAME)).unwrap().ends_with("run"));
        assert!(std::fs::symlink_metadata(output.path().join(NEXT)).is_err());
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
