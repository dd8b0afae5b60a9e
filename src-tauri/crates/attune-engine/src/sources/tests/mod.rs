//! The readers of foreign files, through the one door they have: a path goes in, rows and sentences come out.

mod databases;
mod guide;
mod hostile;
mod kinds;
mod notices;

use std::path::{Path, PathBuf};

use super::{SkippedRows, SourceKind, SourceRows, read_source};
use crate::{Error, Result};

const MOST: u32 = 2000;

/// A folder for one test's files.
struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn file(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.0.path().join(name);
        std::fs::write(&path, content).unwrap();
        path
    }
}

/// Reads content under a name that says nothing, and sees that the file stays as it is.
fn read(content: impl AsRef<[u8]>) -> Result<SourceRows> {
    let folder = Folder::new();
    let path = folder.file("rows", &content);
    let found = read_source(&path, MOST).and_then(SourceRows::require_usable);
    assert_eq!(std::fs::read(&path).unwrap(), content.as_ref());
    assert_eq!(std::fs::read_dir(folder.0.path()).unwrap().count(), 1, "nothing appears beside a source");
    found
}

fn pairs(found: &SourceRows) -> Vec<(&str, &str)> {
    found.examples.iter().map(|row| (row.input.as_str(), row.output.as_str())).collect()
}

fn refused(path: &Path) -> Error {
    read_source(path, MOST).and_then(SourceRows::require_usable).expect_err("this is no source")
}
