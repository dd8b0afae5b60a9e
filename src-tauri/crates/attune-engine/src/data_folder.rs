//! The folder that holds everything Attune keeps, and the lock that makes one process its owner.
//!
//! Not here: what the files inside mean (`store`, `artifacts`), and the server behind the local socket.
//! Invariant: whoever writes into the folder holds an [`OwnedDataFolder`]. The lock is the kernel's, so a
//! killed owner leaves nothing stale behind.

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::environment::{DATA_FOLDER, Environment};
use crate::hexadecimal::hexadecimal;
use crate::{Error, Result, Source};

/// Longest path that fits the address of a Unix socket on every system we know (macOS: 104 bytes with its end).
const SOCKET_PATH_LIMIT: usize = 100;

/// A data folder by its path; nothing is promised about who owns it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataFolder {
    path: PathBuf,
    source: Source,
}

/// What came of asking for a data folder.
#[derive(Debug)]
pub enum Claim {
    /// This process owns it until the value is dropped.
    Owned(OwnedDataFolder),
    /// Another process does; be its client through [`DataFolder::socket`].
    Held(DataFolder),
}

/// A data folder that this process owns until the value is dropped.
#[derive(Debug)]
pub struct OwnedDataFolder {
    folder: DataFolder,
    /// Closing the file gives the lock back.
    _lock: File,
}

impl DataFolder {
    /// The folder that the command line names, else `ATTUNE_DATA_DIR`, else the system's place for application data.
    ///
    /// # Errors
    /// [`Error::NoHomeFolder`] where the system names no such place.
    pub fn find(named: Option<PathBuf>, environment: &Environment) -> Result<Self> {
        let variable = || {
            let found = environment.get(DATA_FOLDER)?;
            Some((PathBuf::from(found.value), Source::of(DATA_FOLDER, found)))
        };
        let named = named.map(|path| (path, Source::CommandLine { option: "--data-dir" }));
        let (path, source) = match named.or_else(variable) {
            Some((path, source)) => {
                let refused = |source| Error::DataFolder { path: path.clone(), source };
                (std::path::absolute(&path).map_err(refused)?, source)
            }
            None => {
                let place = directories::ProjectDirs::from("app", "attune", "attune");
                (place.ok_or(Error::NoHomeFolder)?.data_dir().to_owned(), Source::Default)
            }
        };
        Ok(Self { path, source })
    }

    /// What decided that it is this one.
    pub fn source(&self) -> &Source {
        &self.source
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Makes the folder where it is missing and asks to own it, without waiting.
    ///
    /// # Errors
    /// [`Error::DataFolder`] if it cannot be made, written or locked.
    pub fn claim(self) -> Result<Claim> {
        let refused = |source| Error::DataFolder { path: self.path.clone(), source };
        create_private_folder(&self.path).map_err(refused)?;
        let lock = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(self.path.join("owner.lock"))
            .map_err(refused)?;
        match lock.try_lock() {
            Ok(()) => Ok(Claim::Owned(OwnedDataFolder { folder: self, _lock: lock })),
            Err(TryLockError::WouldBlock) => Ok(Claim::Held(self)),
            Err(TryLockError::Error(source)) => Err(refused(source)),
        }
    }

    /// Where the owner listens for other processes of the same person.
    ///
    /// It lies in the folder itself. The address of a socket is short, so a folder with a long path gets one
    /// in the system's folder for temporary files, in a folder of this person's, named after the path.
    pub fn socket(&self) -> PathBuf {
        let inside = self.path.join("owner.sock");
        if inside.as_os_str().len() <= SOCKET_PATH_LIMIT {
            return inside;
        }
        let digest = Sha256::digest(self.path.as_os_str().as_encoded_bytes());
        let name = hexadecimal(&digest[..8]);
        short_lived_folder().join(format!("{name}.sock"))
    }

    /// Where the logs of the owners lie.
    pub fn logs(&self) -> PathBuf {
        self.path.join("logs")
    }

    pub(crate) fn database(&self) -> PathBuf {
        self.path.join("attune.db")
    }

    /// Where runs put their adapters if nobody says otherwise.
    pub(crate) fn adapters(&self) -> PathBuf {
        self.path.join("adapters")
    }

    /// Where each dataset has a folder with its rows.
    pub(crate) fn datasets(&self) -> PathBuf {
        self.path.join("datasets")
    }

    /// Where each run has its [`run_files`](Self::run_files).
    pub(crate) fn runs(&self) -> PathBuf {
        self.path.join("runs")
    }

    /// What a run needs that is nobody else's business: its job file and its frozen rows.
    pub(crate) fn run_files(&self, run: &crate::RunId) -> PathBuf {
        self.runs().join(run.as_str())
    }
}

impl OwnedDataFolder {
    pub fn folder(&self) -> &DataFolder {
        &self.folder
    }

    /// Makes the place of the socket ready: its folder exists and the socket of a dead owner is gone.
    ///
    /// # Errors
    /// [`Error::DataFolder`] if the folder or the old socket resists.
    pub fn prepare_socket(&self) -> Result<PathBuf> {
        let socket = self.folder.socket();
        let refused = |source| Error::DataFolder { path: socket.clone(), source };
        if let Some(parent) = socket.parent() {
            create_private_folder(parent).map_err(refused)?;
        }
        match std::fs::remove_file(&socket) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(refused(error)),
        }
        Ok(socket)
    }
}

fn short_lived_folder() -> PathBuf {
    let runtime = directories::BaseDirs::new().and_then(|dirs| dirs.runtime_dir().map(Path::to_owned));
    match runtime {
        Some(folder) => folder.join("attune"),
        // The folder is made private to this person and refused where somebody else made it first.
        None => std::env::temp_dir().join(format!("attune-{}", rustix::process::getuid().as_raw())),
    }
}

fn create_private_folder(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::{DirBuilderExt, MetadataExt};
    if path.is_dir() {
        let owner = std::fs::metadata(path)?.uid();
        let me = rustix::process::getuid().as_raw();
        if owner != me && me != 0 {
            return Err(io::Error::new(
                io::ErrorKind::PermissionDenied,
                "the folder belongs to another user of this computer",
            ));
        }
        return Ok(());
    }
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_has_one_owner_at_a_time() {
        let parent = tempfile::tempdir().unwrap();
        let folder = || DataFolder::find(Some(parent.path().join("data")), &Environment::default()).unwrap();
        let Claim::Owned(owner) = folder().claim().unwrap() else { panic!("nobody owns it yet") };
        assert!(matches!(folder().claim().unwrap(), Claim::Held(_)));
        drop(owner);
        assert!(matches!(folder().claim().unwrap(), Claim::Owned(_)));
    }

    #[test]
    fn the_socket_of_a_folder_with_a_long_path_still_fits_an_address() {
        let folder =
            DataFolder::find(Some(PathBuf::from("/").join("long".repeat(60))), &Environment::default())
                .unwrap();
        assert!(folder.socket().as_os_str().len() <= SOCKET_PATH_LIMIT);
    }
}
