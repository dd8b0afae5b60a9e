//! The Hugging Face cache, laid out as the hub's own clients lay it out, so that all of them share one copy.
//!
//! `models--OWNER--NAME` holds `blobs` (files named by content), `snapshots/COMMIT` (links to them) and `refs/main`
//! (which commit is current). `.locks` holds the locks of all clients.
//!
//! Invariant: a blob carries its name only when it is whole, and `refs/main` names a snapshot only when all
//! its files are there; so a kill at any moment leaves either the old base or the new one.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use crate::artifacts::durable_writer;

/// The folder `HF_HOME/hub`.
#[derive(Debug, Clone)]
pub(super) struct Cache {
    hub: PathBuf,
}

/// One model's part of the cache.
#[derive(Debug)]
pub(super) struct Repository {
    folder: PathBuf,
    locks: PathBuf,
}

impl Cache {
    pub(super) fn new(hub: PathBuf) -> Self {
        Self { hub }
    }

    pub(super) fn folder(&self) -> &Path {
        &self.hub
    }

    /// The part of this model; `None` if the name is no hub id (`OWNER/NAME`).
    pub(super) fn repository(&self, hub_id: &str) -> Option<Repository> {
        let (owner, name) = hub_id.split_once('/')?;
        if !is_plain(owner) || !is_plain(name) {
            return None;
        }
        let folder = format!("models--{owner}--{name}");
        Some(Repository { locks: self.hub.join(".locks").join(&folder), folder: self.hub.join(folder) })
    }

    /// The folder of the current snapshot, complete or not.
    pub(super) fn snapshot(&self, hub_id: &str) -> Option<PathBuf> {
        let repository = self.repository(hub_id)?;
        let revision = fs::read_to_string(repository.folder.join("refs").join("main")).ok()?;
        let folder = repository.folder.join("snapshots").join(revision.trim());
        folder.is_dir().then_some(folder)
    }

    /// The hub ids of all models here, by name.
    pub(super) fn names(&self) -> Vec<String> {
        let Ok(entries) = fs::read_dir(&self.hub) else { return Vec::new() };
        let mut names: Vec<String> = entries
            .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
            .filter_map(|folder| Some(folder.strip_prefix("models--")?.replacen("--", "/", 1)))
            .filter(|name| self.repository(name).is_some())
            .collect();
        names.sort();
        names
    }
}

impl Repository {
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Where the file with this content name lies once it is whole.
    pub(super) fn blob(&self, content_name: &str) -> PathBuf {
        self.folder.join("blobs").join(content_name)
    }

    /// Where it grows until then.
    pub(super) fn incomplete(&self, content_name: &str) -> PathBuf {
        self.folder.join("blobs").join(format!("{content_name}.incomplete"))
    }

    /// Bytes of that file that are here, whole or not yet.
    pub(super) fn arrived(&self, content_name: &str) -> u64 {
        let length = |path: PathBuf| fs::metadata(path).ok().map(|file| file.len());
        length(self.blob(content_name)).or_else(|| length(self.incomplete(content_name))).unwrap_or(0)
    }

    /// Keeps other clients from writing the same blob, until the value is dropped; `None` if one does.
    ///
    /// # Errors
    /// What the file system said.
    pub(super) fn lock(&self, content_name: &str) -> io::Result<Option<File>> {
        fs::create_dir_all(self.folder.join("blobs"))?;
        fs::create_dir_all(&self.locks)?;
        let path = self.locks.join(format!("{content_name}.lock"));
        let file = File::options().create(true).truncate(false).write(true).open(path)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(file)),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }

    /// Gives a whole, synced file its name for good.
    ///
    /// # Errors
    /// What the file system said.
    pub(super) fn keep(&self, content_name: &str) -> io::Result<()> {
        let blob = self.blob(content_name);
        fs::rename(self.incomplete(content_name), &blob)?;
        blob.parent().map_or(Ok(()), durable_writer::sync_folder)
    }

    /// Gives the files (name and content name) a place in the snapshot of a commit, and answers with its folder. Which
    /// snapshot is current stays as it is.
    ///
    /// # Errors
    /// What the file system said.
    pub(super) fn link(&self, commit: &str, files: &[(&str, &str)]) -> io::Result<PathBuf> {
        let snapshot = self.folder.join("snapshots").join(commit);
        fs::create_dir_all(&snapshot)?;
        for (name, content_name) in files {
            link(&snapshot.join(name), &self.blob(content_name), content_name)?;
        }
        durable_writer::sync_folder(&snapshot)?;
        Ok(snapshot)
    }

    /// Makes the files (name and content name) the current snapshot, and answers with its folder.
    ///
    /// # Errors
    /// What the file system said; the snapshot that was current stays current then.
    pub(super) fn publish(&self, commit: &str, files: &[(&str, &str)]) -> io::Result<PathBuf> {
        let snapshot = self.link(commit, files)?;
        let references = self.folder.join("refs");
        fs::create_dir_all(&references)?;
        durable_writer::write(&references.join("main"), commit.as_bytes())?;
        Ok(snapshot)
    }
}

/// Whether a name is one that the hub itself allows; nothing of it can lead out of the cache.
pub(super) fn is_plain(name: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    !name.is_empty() && name.len() <= 96 && !name.starts_with('.') && name.bytes().all(allowed)
}

/// A relative link, so that the cache can be moved; a copy where links need rights that people lack. Made
/// beside and renamed, so that the name is never missing.
fn link(path: &Path, blob: &Path, content_name: &str) -> io::Result<()> {
    let beside = path.with_extension("linking");
    match fs::remove_file(&beside) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    #[cfg(unix)]
    {
        let _ = blob;
        std::os::unix::fs::symlink(Path::new("../../blobs").join(content_name), &beside)?;
    }
    #[cfg(not(unix))]
    {
        let _ = content_name;
        fs::copy(blob, &beside)?;
    }
    fs::rename(beside, path)
}
