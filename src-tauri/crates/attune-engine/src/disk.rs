//! Room on a disk, asked for before something large is written.
//!
//! Limit: it is a look, not a reservation; a disk that fills up meanwhile is said by the write itself.

use std::path::Path;

use crate::{Error, Result};

/// Left over for databases, logs and other programs, which fare badly on a full disk.
const RESERVE: u64 = 64 << 20;

/// Refuses to write `bytes` below `path`, which need not be there yet, if they would fill the disk.
///
/// # Errors
/// [`Error::NoRoom`] with what is needed and what is free.
pub(crate) fn require_room(path: &Path, bytes: u64) -> Result<()> {
    // What cannot be asked is no reason to refuse: the write will tell.
    let Some(free) = free(path) else { return Ok(()) };
    let needed = bytes.saturating_add(RESERVE);
    if free >= needed { Ok(()) } else { Err(Error::NoRoom { path: path.to_owned(), needed, free }) }
}

/// Bytes that this person may still write on the disk of the nearest folder that exists.
pub(crate) fn free(path: &Path) -> Option<u64> {
    let existing = path.ancestors().find(|folder| folder.exists())?;
    let disk = rustix::fs::statvfs(existing).ok()?;
    disk.f_bavail.checked_mul(disk.f_frsize)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_disk_holds_is_refused_with_both_numbers() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("not").join("yet");
        require_room(&path, 1).unwrap();
        let refused = require_room(&path, u64::MAX - 1).unwrap_err();
        let Error::NoRoom { needed, free, .. } = refused else { panic!("{refused}") };
        assert!(needed > free && free > 0);
    }
}
