//! The weights of a base, open for reading as long as somebody computes with them.
//!
//! They are read piece by piece and more than once, so they must stay what they were: a file that is replaced by a rename
//! is no matter, as the old one stays open; one that is written to is noticed by its length and the time of its last
//! change, and refused.
//! Not here: what is in the file.

use std::fs::{File, Metadata};
use std::io;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::Path;

use attune_tuning::WeightsFile;

/// A `model.safetensors` in a folder.
#[derive(Debug)]
pub struct WeightsOnDisk {
    file: File,
    stamp: Stamp,
}

#[derive(Debug, PartialEq, Eq)]
struct Stamp {
    size: u64,
    /// Seconds and nanoseconds.
    changed: (i64, i64),
}

impl Stamp {
    fn of(file: &Metadata) -> Self {
        Self { size: file.size(), changed: (file.mtime(), file.mtime_nsec()) }
    }
}

impl WeightsOnDisk {
    /// Opens the file at `path`.
    ///
    /// # Errors
    /// What the file system said.
    pub fn open(path: &Path) -> io::Result<Self> {
        let file = File::open(path)?;
        let stamp = Stamp::of(&file.metadata()?);
        Ok(Self { file, stamp })
    }

    /// The whole file.
    pub(super) fn read(&self) -> io::Result<Vec<u8>> {
        let mut bytes = vec![0; usize::try_from(self.size()).map_err(io::Error::other)?];
        self.read_at(0, &mut bytes)?;
        Ok(bytes)
    }
}

impl WeightsFile for WeightsOnDisk {
    fn size(&self) -> u64 {
        self.stamp.size
    }

    fn read_at(&self, offset: u64, into: &mut [u8]) -> io::Result<()> {
        self.file.read_exact_at(into, offset)?;
        if Stamp::of(&self.file.metadata()?) != self.stamp {
            return Err(io::Error::other("the file was written to while it was in use"));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use attune_tuning::WeightsFile;

    use super::WeightsOnDisk;

    #[test]
    fn a_file_is_read_as_it_was_when_it_was_opened_or_not_at_all() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("model.safetensors");
        fs::write(&path, b"first bytes").unwrap();
        let open = WeightsOnDisk::open(&path).unwrap();
        let mut part = [0; 5];
        open.read_at(6, &mut part).unwrap();
        assert_eq!((&part, open.size()), (b"bytes", 11));
        assert!(open.read_at(7, &mut part).is_err(), "beyond the end");

        let beside = folder.path().join("beside");
        fs::write(&beside, b"other bytes").unwrap();
        fs::rename(&beside, &path).unwrap();
        assert_eq!(open.read().unwrap(), b"first bytes");

        let open = WeightsOnDisk::open(&path).unwrap();
        fs::write(&path, b"and others, longer").unwrap();
        let refused = open.read_at(0, &mut part).unwrap_err();
        assert!(refused.to_string().contains("written to"), "{refused}");
    }
}
