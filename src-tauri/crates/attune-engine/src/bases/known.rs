//! What is published about known base models: their revision, and size and SHA-256 of every file.
//!
//! Not here: bases that nobody vouches for; they may be used and are called unverified.
//! Invariant: a base is verified only if every listed file has the listed bytes. Tuned copies of a model have
//! its size, so nothing but the hash proves a file.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use serde::Deserialize;

use super::digest::{Algorithm, file_digest};
use crate::{Error, Result};

/// The manifest beside the bundled models.
const MANIFEST: &str = "bases.json";

#[derive(Debug, Deserialize)]
struct Manifest {
    bases: Vec<KnownBase>,
}

/// One base model as it was published.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(super) struct KnownBase {
    id: String,
    /// The commit on the hub that has these files; bundled bases have none.
    pub(super) revision: Option<String>,
    pub(super) files: Vec<KnownFile>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(super) struct KnownFile {
    pub(super) name: String,
    pub(super) bytes: u64,
    pub(super) sha256: String,
}

impl KnownBase {
    /// Every base in the manifest of the folder `models`.
    ///
    /// # Errors
    /// [`Error::Read`] or [`Error::Decode`]: the manifest belongs to the program, so a bad one is no "unknown".
    pub(super) fn all(models: &Path) -> Result<Vec<Self>> {
        let path = models.join(MANIFEST);
        let text = fs::read(&path).map_err(|source| Error::Read { path: path.clone(), source })?;
        let manifest: Manifest =
            serde_json::from_slice(&text).map_err(|source| Error::Decode { path, source })?;
        Ok(manifest.bases)
    }

    /// The base of this name in it.
    ///
    /// # Errors
    /// As [`Self::all`].
    pub(super) fn find(models: &Path, name: &str) -> Result<Option<Self>> {
        Ok(Self::all(models)?.into_iter().find(|base| base.id == name))
    }

    /// Its name: a hub id, or that of a bundled base.
    pub(super) fn id(&self) -> &str {
        &self.id
    }

    /// Of its files together.
    pub(super) fn size_bytes(&self) -> u64 {
        self.files.iter().map(|file| file.bytes).sum()
    }

    pub(super) fn file(&self, name: &str) -> Option<&KnownFile> {
        self.files.iter().find(|file| file.name == name)
    }
}

/// Compares folders with the manifest, and reads a large file again only after it has changed.
#[derive(Debug, Default)]
pub(super) struct Verifier {
    digests: Mutex<HashMap<PathBuf, Seen>>,
}

#[derive(Debug, Clone)]
struct Seen {
    bytes: u64,
    modified: Option<SystemTime>,
    digest: String,
}

impl Verifier {
    /// Whether every file that is known of this base lies in `folder` with the bytes that were published.
    pub(super) fn holds(&self, known: &KnownBase, folder: &Path) -> bool {
        known.files.iter().all(|file| self.is(&folder.join(&file.name), file))
    }

    fn is(&self, path: &Path, file: &KnownFile) -> bool {
        let Ok(found) = fs::metadata(path) else { return false };
        if found.len() != file.bytes {
            return false;
        }
        let modified = found.modified().ok();
        let seen = self.digests.lock().unwrap_or_else(PoisonError::into_inner).get(path).cloned();
        if let Some(seen) = seen
            && (seen.bytes, seen.modified) == (found.len(), modified)
        {
            return seen.digest == file.sha256;
        }
        let Ok(digest) = file_digest(path, Algorithm::Sha256) else { return false };
        let is_it = digest == file.sha256;
        let seen = Seen { bytes: found.len(), modified, digest };
        self.digests.lock().unwrap_or_else(PoisonError::into_inner).insert(path.to_owned(), seen);
        is_it
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shipped() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../models")
    }

    #[test]
    fn the_bundled_base_is_the_one_that_the_manifest_describes() {
        let known = KnownBase::find(&shipped(), "attune-mini").unwrap().unwrap();
        assert!(
            Verifier::default().holds(&known, &shipped().join("attune-mini")),
            "attune-mini was changed: correct its sizes and hashes in models/bases.json"
        );
    }

    #[test]
    fn a_file_of_the_right_size_and_other_bytes_is_not_verified() {
        let folder = tempfile::tempdir().unwrap();
        let known = KnownBase {
            id: "a/b".to_owned(),
            revision: None,
            files: vec![KnownFile {
                name: "config.json".to_owned(),
                bytes: 2,
                sha256: "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a".to_owned(),
            }],
        };
        let verifier = Verifier::default();
        assert!(!verifier.holds(&known, folder.path()), "missing");
        let path = folder.path().join("config.json");
        fs::write(&path, "{}").unwrap();
        assert!(verifier.holds(&known, folder.path()));
        fs::write(&path, "[]").unwrap();
        fs::File::options().write(true).open(&path).unwrap().set_modified(SystemTime::UNIX_EPOCH).unwrap();
        assert!(!verifier.holds(&known, folder.path()), "a changed file is read again");
    }

    #[test]
    fn every_known_base_of_the_hub_has_a_revision_and_every_needed_file() {
        let known = KnownBase::find(&shipped(), "google/flan-t5-small").unwrap().unwrap();
        assert_eq!(known.revision.as_deref(), Some("0fc9ddf78a1e988dac52e2dac162b0ede4fd74ab"));
        for name in crate::bases::folder::NEEDED {
            assert!(known.file(name).is_some_and(|file| file.sha256.len() == 64), "{name}");
        }
    }
}
