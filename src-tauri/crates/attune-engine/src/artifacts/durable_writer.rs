//! Files that survive a kill, a full disk and a power cut: written beside, synced, renamed.
//!
//! Invariants: at every moment the path holds either the whole old content or the whole new one. What a dead
//! process left beside it goes with the next write in the folder, never what a living one is writing: a writer
//! holds a lock on its file, and the kernel gives it back when the writer dies.

use std::fs::{self, File, TryLockError};
use std::io::{self, Write};
use std::path::Path;

use tempfile::NamedTempFile;

use crate::failpoints::reach;

const BESIDE: &str = ".writing-";

/// The moments between two steps of [`write`], as tests name them.
#[cfg(test)]
const STEPS: [&str; 5] =
    ["write::begun", "write::created", "write::written", "write::synced", "write::renamed"];

/// Replaces the file at `path` with `bytes`, or leaves it exactly as it was.
///
/// # Errors
/// What the file system said. The path has the old content then, or the new one if only making it durable
/// failed; a temporary file is removed, unless the process died meanwhile.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    write_with(path, |file| file.write_all(bytes))
}

/// As [`write`], for content that need not be in memory as a whole.
pub(crate) fn write_with(
    path: &Path,
    content: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<()> {
    let folder = parent(path)?;
    remove_left_over(folder);
    reach("write::begun", path)?;
    let mut file = create_beside(folder)?;
    reach("write::created", path)?;
    content(&mut file)?;
    reach("write::written", path)?;
    file.as_file().sync_all()?;
    reach("write::synced", path)?;
    file.persist(path).map_err(|error| error.error)?;
    reach("write::renamed", path)?;
    sync_folder(folder)
}

/// Removes what dead processes were writing in `folder`.
pub(crate) fn remove_left_over(folder: &Path) {
    // A folder that cannot be listed will say so to whoever writes in it.
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.file_name().to_string_lossy().starts_with(BESIDE)
            && let Err(error) = remove_unless_locked(&entry.path())
        {
            let path = entry.path();
            tracing::warn!(path = %path.display(), %error, "what a dead process was writing cannot be removed");
        }
    }
}

fn remove_unless_locked(path: &Path) -> io::Result<()> {
    let removed = File::open(path).and_then(|file| match file.try_lock() {
        // The lock is held until the file is gone, so that a writer that has just made it sees what happened.
        Ok(()) => fs::remove_file(path),
        Err(TryLockError::WouldBlock) => Ok(()),
        Err(TryLockError::Error(error)) => Err(error),
    });
    match removed {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// A new file in `folder` that nobody removes while it is open.
fn create_beside(folder: &Path) -> io::Result<NamedTempFile> {
    loop {
        let mut beside = tempfile::Builder::new();
        beside.prefix(BESIDE);
        #[cfg(unix)]
        beside.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o644));
        let file = beside.tempfile_in(folder)?;
        match file.as_file().try_lock() {
            // Between its making and its lock somebody may have taken it for left over.
            Ok(()) if file.path().exists() => return Ok(file),
            Ok(()) | Err(TryLockError::WouldBlock) => {}
            // Where there are no locks nobody gets one, so nobody removes it.
            Err(TryLockError::Error(_)) => return Ok(file),
        }
    }
}

/// Makes a rename inside `folder` durable. Systems that cannot sync a folder do it by themselves.
pub(crate) fn sync_folder(folder: &Path) -> io::Result<()> {
    #[cfg(unix)]
    File::open(folder)?.sync_all()?;
    #[cfg(not(unix))]
    let _ = folder;
    Ok(())
}

fn parent(path: &Path) -> io::Result<&Path> {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).ok_or_else(|| {
        io::Error::new(io::ErrorKind::InvalidInput, format!("{} names no folder to write in", path.display()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let names = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name());
        names.map(|name| name.into_string().unwrap()).collect()
    }

    #[test]
    fn a_write_replaces_the_whole_file_and_leaves_nothing_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("adapter_config.json");
        write(&path, b"a long first content").unwrap();
        write(&path, b"second").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"second");
        assert_eq!(names(folder.path()), ["adapter_config.json"]);
    }

    #[test]
    fn a_write_into_a_missing_folder_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        assert!(write(&folder.path().join("missing").join("file"), b"x").is_err());
    }

    #[test]
    fn a_disk_that_is_full_at_any_step_leaves_the_whole_old_or_the_whole_new_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("training_run.json");
        write(&path, b"old").unwrap();
        for step in STEPS {
            // Named by its folder, so that tests beside this one keep their room.
            fail::cfg(step, &format!("return(full {})", folder.path().display())).unwrap();
            let error = write(&path, b"new").unwrap_err();
            fail::remove(step);
            assert_eq!(error.kind(), io::ErrorKind::StorageFull, "{step}");
            let expected: &[u8] = if step == "write::renamed" { b"new" } else { b"old" };
            assert_eq!(fs::read(&path).unwrap(), expected, "{step}");
            assert_eq!(names(folder.path()), ["training_run.json"], "{step}");
        }
        write(&path, b"newer").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"newer");
    }

    #[test]
    fn what_a_dead_process_left_goes_with_the_next_write_and_what_a_living_one_writes_stays() {
        let folder = tempfile::tempdir().unwrap();
        let living = create_beside(folder.path()).unwrap();
        fs::write(folder.path().join(".writing-dead"), "half of it").unwrap();
        write(&folder.path().join("file"), b"x").unwrap();
        assert!(living.path().exists());
        assert!(!folder.path().join(".writing-dead").exists());
        living.persist(folder.path().join("other")).unwrap();
        let mut left = names(folder.path());
        left.sort();
        assert_eq!(left, ["file", "other"]);
    }
}
