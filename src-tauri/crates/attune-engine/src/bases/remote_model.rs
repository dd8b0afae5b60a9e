//! A model's files as a hub states them.
//!
//! Invariant: what becomes part of a path in the cache, commit and digests, is nothing but hexadecimal digits.

use serde::Deserialize;

use super::digest::Algorithm;
use super::fetch_error::FetchError;
use crate::{Error, Result};

/// How the name of a chat model's file ends.
pub(super) const CHAT_FILE: &str = ".gguf";

#[derive(Debug, Clone)]
pub struct RemoteModel {
    pub(super) commit: String,
    pub(super) files: Vec<RemoteFile>,
}

#[derive(Debug, Clone)]
pub(super) struct RemoteFile {
    pub(super) name: String,
    pub(super) bytes: u64,
    pub(super) algorithm: Algorithm,
    /// The digest by that algorithm; it names the file in the cache too.
    pub(super) digest: String,
}

#[derive(Deserialize)]
struct ModelInfo {
    sha: String,
    siblings: Vec<Sibling>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Sibling {
    rfilename: String,
    size: Option<u64>,
    blob_id: Option<String>,
    lfs: Option<LargeFile>,
}

#[derive(Deserialize)]
struct LargeFile {
    sha256: String,
    size: u64,
}

impl RemoteModel {
    /// Reads the answer of `GET /api/models/{hub_id}/revision/{revision}?blobs=true`.
    ///
    /// # Errors
    /// [`FetchError::Answer`] for an answer that is not of that form, or states no size or digest of a file.
    pub fn from_json(hub_id: &str, text: &[u8]) -> Result<Self> {
        let senseless =
            |reason: String| Error::Fetch(FetchError::Answer { hub_id: hub_id.to_owned(), reason });
        let info: ModelInfo = serde_json::from_slice(text).map_err(|error| senseless(error.to_string()))?;
        if !is_hexadecimal(&info.sha, 40) {
            return Err(senseless("its commit is no commit".to_owned()));
        }
        let files = info.siblings.into_iter().map(|sibling| {
            let name = sibling.rfilename.clone();
            RemoteFile::of(sibling)
                .ok_or_else(|| senseless(format!("it states no size or no digest of {name}")))
        });
        Ok(Self { commit: info.sha.to_ascii_lowercase(), files: files.collect::<Result<_>>()? })
    }

    pub(super) fn find(&self, name: &str) -> Option<&RemoteFile> {
        self.files.iter().find(|file| file.name == name)
    }

    /// # Errors
    /// [`FetchError::NoSuchFile`].
    pub(super) fn file(&self, hub_id: &str, name: &str) -> Result<&RemoteFile> {
        self.find(name).ok_or_else(|| {
            let (hub_id, file) = (hub_id.to_owned(), name.to_owned());
            Error::Fetch(FetchError::NoSuchFile { hub_id, file, files: self.chat_files() })
        })
    }

    /// The names of the files that may be chat models.
    pub(super) fn chat_files(&self) -> Vec<String> {
        let names = self.files.iter().map(|file| &file.name);
        names.filter(|name| name.ends_with(CHAT_FILE)).cloned().collect()
    }
}

impl RemoteFile {
    fn of(sibling: Sibling) -> Option<Self> {
        let (bytes, algorithm, digest) = match (sibling.lfs, sibling.size, sibling.blob_id) {
            (Some(large), ..) => (large.size, Algorithm::Sha256, large.sha256),
            (None, Some(size), Some(blob)) => (size, Algorithm::GitBlob, blob),
            _ => return None,
        };
        let length = if algorithm == Algorithm::Sha256 { 64 } else { 40 };
        let digest = digest.to_ascii_lowercase();
        is_hexadecimal(&digest, length).then_some(Self { name: sibling.rfilename, bytes, algorithm, digest })
    }
}

fn is_hexadecimal(text: &str, length: usize) -> bool {
    text.len() == length && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}
