//! Fetching a base model, or the file of a chat model, from a hub into the shared cache: resumed where it broke off,
//! proved by its digests.
//!
//! Not here: HTTP (`hub`) and the names of files in the cache (`cache`).
//! Invariant: a file is kept only after its bytes on the disk have the digest that the hub states, and for a
//! known base the published one; what does not is removed and never becomes part of a snapshot.

use std::fs::{self, File};
use std::io::{self, Write};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use attune_tuning::{Architecture, ChatFile};

use super::FetchError;
use super::cache::{Repository, is_plain};
use super::digest::{Algorithm, file_digest};
use super::hub::Hub;
use super::known::{KnownBase, KnownFile};
use super::remote_model::{CHAT_FILE, RemoteFile, RemoteModel};
use super::transfer::{Arrival, Transfer};
use super::{Base, Bases, folder};
use crate::disk::require_room;
use crate::{Error, Result};

/// The order of the work: what is small and may end in a refusal comes before the weights.
const ORDER: [&str; 6] = [
    "config.json",
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "spiece.model",
    folder::WEIGHTS,
];
/// How often a connection that breaks off is opened again, if each brought something.
const MOST_CONNECTIONS: usize = 5;

/// How far a fetch is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FetchProgress {
    /// The file that is being fetched.
    pub file: String,
    /// Of all files, those included that were here before.
    pub bytes_done: u64,
    pub bytes_total: u64,
}

/// A model that a fetch brought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fetched {
    /// As it was asked for.
    pub name: String,
    /// The folder of a base, or the file of a chat model.
    pub path: PathBuf,
    pub verified: bool,
    /// Of its files together.
    pub size_bytes: u64,
    /// What came over the network this time.
    pub bytes_received: u64,
}

/// Told of every piece that arrives and of every moment without one; `Break` ends the fetch, and what arrived is
/// kept for the next one.
pub type FetchObserver<'o> = dyn FnMut(&FetchProgress) -> ControlFlow<()> + 'o;

impl Bases {
    /// Fetches the base `OWNER/NAME`, or the chat model `OWNER/NAME/FILE.gguf`, into the Hugging Face cache, or what is
    /// missing of it.
    ///
    /// Known bases are fetched at their published revision, everything else at the current one.
    ///
    /// # Errors
    /// [`FetchError::NoHubId`], [`FetchError::NoSuchFile`], [`FetchError::ChatFilesOnly`]; what the hub or the connection said; what makes the model unusable, before its
    /// weights are fetched; [`Error::NoRoom`] before anything is; [`FetchError::Mismatch`] for bytes that are not
    /// the promised ones; [`FetchError::Busy`] while another program fetches the same file;
    /// [`FetchError::Stopped`] when the observer says so, at most a moment later even where nothing arrives.
    pub fn fetch(&self, name: &str, hub: &Hub, observer: &mut FetchObserver<'_>) -> Result<Fetched> {
        let (hub_id, chat_file) = split(name);
        let repository = self.repository(name)?;
        let known = KnownBase::find(&self.models, hub_id)?;
        let revision = known.as_ref().and_then(|known| known.revision.as_deref()).unwrap_or("main");
        let model = hub.model(hub_id, revision)?;
        let files = match chat_file {
            Some(file) => vec![model.file(hub_id, file)?],
            None => files_of_a_base(hub_id, &model)?,
        };
        let expected = |file: &RemoteFile| known.as_ref().and_then(|known| known.file(&file.name));
        for file in &files {
            if let Some(expected) = expected(file) {
                compare_promises(hub_id, file, expected)?;
            }
        }
        let total = files.iter().map(|file| file.bytes).sum();
        let here: u64 = files.iter().map(|file| repository.arrived(&file.digest).min(file.bytes)).sum();
        require_room(&repository.blob(""), total - here)?;
        let mut fetching =
            Fetching { hub_id, hub, model: &model, repository, done: 0, received: 0, total, observer };
        for file in &files {
            fetching.file(file, expected(file))?;
            let blob = fetching.repository.blob(&file.digest);
            if file.name == "config.json" {
                let config =
                    fs::read(&blob).map_err(|source| Error::BaseUnreadable { path: blob.clone(), source })?;
                Architecture::from_config(&config)
                    .map_err(|source| Error::BaseRefused { path: blob, source })?;
            } else if file.name == folder::WEIGHTS {
                folder::parameters_of(&blob)?;
            } else if chat_file.is_some() {
                check_chat_model(&blob)?;
            }
        }
        let links: Vec<(&str, &str)> =
            files.iter().map(|file| (file.name.as_str(), file.digest.as_str())).collect();
        let unwritable = |source| Error::Write { path: fetching.repository.blob(""), source };
        let (path, verified) = match chat_file {
            Some(file) => {
                let folder = fetching.repository.link(&model.commit, &links).map_err(unwritable)?;
                (folder.join(file), false)
            }
            None => {
                let folder = fetching.repository.publish(&model.commit, &links).map_err(unwritable)?;
                let base = Base { name: hub_id.to_owned(), folder, bundled: false };
                let verified = self.is_verified(&base)?;
                (base.folder, verified)
            }
        };
        Ok(Fetched {
            name: name.to_owned(),
            path,
            verified,
            size_bytes: total,
            bytes_received: fetching.received,
        })
    }

    /// The part of the cache in which what is called so belongs.
    ///
    /// # Errors
    /// [`FetchError::NoHubId`].
    pub(super) fn repository(&self, name: &str) -> Result<Repository> {
        let (hub_id, chat_file) = split(name);
        let repository = self.cache.repository(hub_id);
        let is_plain = chat_file.is_none_or(|file| is_plain(file) && file.ends_with(CHAT_FILE));
        repository
            .filter(|_| is_plain)
            .ok_or_else(|| Error::Fetch(FetchError::NoHubId { name: name.to_owned() }))
    }
}

/// `OWNER/NAME/FILE` is a file of a model.
fn split(name: &str) -> (&str, Option<&str>) {
    match name.match_indices('/').nth(1) {
        Some((at, _)) => (&name[..at], Some(&name[at + 1..])),
        None => (name, None),
    }
}

/// The files that a base consists of, in the order of the work.
fn files_of_a_base<'m>(hub_id: &str, model: &'m RemoteModel) -> Result<Vec<&'m RemoteFile>> {
    if let Some(refusal) = folder::refusal(hub_id, |name| model.find(name).is_some()) {
        let chat_files = model.chat_files();
        return Err(if chat_files.is_empty() {
            refusal
        } else {
            Error::Fetch(FetchError::ChatFilesOnly { hub_id: hub_id.to_owned(), files: chat_files })
        });
    }
    Ok(ORDER.iter().filter_map(|name| model.find(name)).collect())
}

/// Sees whether Attune can write with a file; one that it cannot is not published.
fn check_chat_model(path: &Path) -> Result<()> {
    let mut file =
        File::open(path).map_err(|source| Error::BaseUnreadable { path: path.to_owned(), source })?;
    let refused = |source| Error::ChatFile { path: path.to_owned(), source: Box::new(source) };
    ChatFile::read(&mut file).map(drop).map_err(refused)
}

/// Sees before the first byte that a hub has other files than the published ones.
fn compare_promises(hub_id: &str, stated: &RemoteFile, expected: &KnownFile) -> Result<()> {
    let other_size = stated.bytes != expected.bytes;
    let other_digest = stated.algorithm == Algorithm::Sha256 && stated.digest != expected.sha256;
    if !other_size && !other_digest {
        return Ok(());
    }
    let found = if other_size {
        format!("{} bytes", stated.bytes)
    } else {
        format!("{} bytes with SHA-256 {}", stated.bytes, stated.digest)
    };
    Err(Error::Fetch(FetchError::Mismatch {
        hub_id: hub_id.to_owned(),
        file: stated.name.clone(),
        expected: format!("{} bytes with SHA-256 {}", expected.bytes, expected.sha256),
        found,
    }))
}

/// One fetch at work.
struct Fetching<'f> {
    hub_id: &'f str,
    hub: &'f Hub,
    model: &'f RemoteModel,
    repository: Repository,
    done: u64,
    received: u64,
    total: u64,
    observer: &'f mut FetchObserver<'f>,
}

impl Fetching<'_> {
    /// Brings one file into the cache, whole and proved.
    fn file(&mut self, file: &RemoteFile, expected: Option<&KnownFile>) -> Result<()> {
        let blob = self.repository.blob(&file.digest);
        let unwritable = |source| Error::Write { path: blob.clone(), source };
        let Some(_lock) = self.repository.lock(&file.digest).map_err(unwritable)? else {
            return Err(Error::Fetch(FetchError::Busy { hub_id: self.hub_id.to_owned() }));
        };
        if blob.is_file() {
            if self.prove(&blob, file, expected).is_ok() {
                return self.arrived(file, file.bytes);
            }
            // The disk or another program spoilt it.
            fs::remove_file(&blob).map_err(unwritable)?;
        }
        let incomplete = self.repository.incomplete(&file.digest);
        self.complete(&incomplete, file)?;
        if let Err(mismatch) = self.prove(&incomplete, file, expected) {
            fs::remove_file(&incomplete).map_err(unwritable)?;
            return Err(mismatch);
        }
        self.repository.keep(&file.digest).map_err(unwritable)
    }

    /// Appends to the file at `path` until it is as long as promised.
    fn complete(&mut self, path: &Path, file: &RemoteFile) -> Result<()> {
        let unwritable = |source| Error::Write { path: path.to_owned(), source };
        let mut target = File::options().create(true).append(true).open(path).map_err(unwritable)?;
        let mut length = target.metadata().map_err(unwritable)?.len();
        if length > file.bytes {
            target.set_len(0).map_err(unwritable)?;
            length = 0;
        }
        self.arrived(file, length)?;
        let mut connections = 0;
        while length < file.bytes {
            connections += 1;
            let began = length;
            let lost = match self.append(&mut target, &mut length, file) {
                Err(Error::Fetch(FetchError::Refused { status: 416, .. })) => {
                    // The hub's file is shorter than the hub said; going on from here would never end.
                    fs::remove_file(path).map_err(unwritable)?;
                    return Err(self.mismatch(
                        file,
                        format!("{} bytes", file.bytes),
                        format!("{length} bytes"),
                    ));
                }
                appended => appended?,
            };
            if let Some(source) = lost
                && (length == began || connections == MOST_CONNECTIONS)
            {
                return Err(Error::Fetch(FetchError::CutOff {
                    hub_id: self.hub_id.to_owned(),
                    file: file.name.clone(),
                    done: length,
                    bytes: file.bytes,
                    source,
                }));
            }
        }
        target.sync_all().map_err(unwritable)
    }

    /// One connection's part of a file; what broke the connection if it ended too early.
    fn append(
        &mut self,
        target: &mut File,
        length: &mut u64,
        file: &RemoteFile,
    ) -> Result<Option<io::Error>> {
        let path = self.repository.incomplete(&file.digest);
        let unwritable = |source| Error::Write { path: path.clone(), source };
        let transfer = Transfer::begin(self.hub, self.hub_id, &self.model.commit, file, *length);
        while *length < file.bytes {
            match transfer.next()? {
                Arrival::Began(offset) if offset == *length => {}
                Arrival::Began(_) => {
                    target.set_len(0).map_err(unwritable)?;
                    self.done -= *length;
                    *length = 0;
                }
                Arrival::Bytes(mut bytes) => {
                    // No more than promised, whatever the hub sends.
                    let wanted = usize::try_from(file.bytes - *length).unwrap_or(usize::MAX);
                    bytes.truncate(wanted);
                    target.write_all(&bytes).map_err(unwritable)?;
                    let read = bytes.len() as u64;
                    *length += read;
                    self.received += read;
                    self.arrived(file, read)?;
                }
                Arrival::Nothing => self.arrived(file, 0)?,
                Arrival::Over(source) => return Ok(Some(source)),
            }
        }
        Ok(None)
    }

    fn arrived(&mut self, file: &RemoteFile, bytes: u64) -> Result<()> {
        self.done += bytes;
        let progress =
            FetchProgress { file: file.name.clone(), bytes_done: self.done, bytes_total: self.total };
        match (self.observer)(&progress) {
            ControlFlow::Continue(()) => Ok(()),
            ControlFlow::Break(()) => {
                Err(Error::Fetch(FetchError::Stopped { hub_id: self.hub_id.to_owned() }))
            }
        }
    }

    /// Whether the bytes on the disk are what the hub, and for a known base the manifest, promised.
    fn prove(&self, path: &Path, file: &RemoteFile, expected: Option<&KnownFile>) -> Result<()> {
        let digest = |algorithm| {
            file_digest(path, algorithm)
                .map_err(|source| Error::BaseUnreadable { path: path.to_owned(), source })
        };
        let found = digest(file.algorithm)?;
        if found != file.digest {
            return Err(self.mismatch(file, file.digest.clone(), found));
        }
        match expected {
            Some(expected) if file.algorithm != Algorithm::Sha256 => {
                let found = digest(Algorithm::Sha256)?;
                if found == expected.sha256 {
                    Ok(())
                } else {
                    Err(self.mismatch(file, format!("SHA-256 {}", expected.sha256), found))
                }
            }
            // Compared with the hub's own statement before the first byte.
            _ => Ok(()),
        }
    }

    fn mismatch(&self, file: &RemoteFile, expected: String, found: String) -> Error {
        Error::Fetch(FetchError::Mismatch {
            hub_id: self.hub_id.to_owned(),
            file: file.name.clone(),
            expected,
            found,
        })
    }
}
