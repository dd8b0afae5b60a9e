//! Taking over a base model's folder: checked as a whole, then copied into the cache under a name.
//!
//! Why a copy, and why there: `docs/decisions/0009-imported-bases-go-into-the-cache.md`.
//! Invariants: what is written is what was checked, byte for byte. The name of a published base is given only to
//! its published bytes, and no name changes its meaning by an import.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

use sha2::{Digest, Sha256};

use super::cache::Repository;
use super::folder::{self, BaseFiles};
use super::known::KnownBase;
use super::{Base, Bases};
use crate::artifacts::digest_of;
use crate::disk::require_room;
use crate::hexadecimal::hexadecimal;
use crate::limits::require_absolute;
use crate::{Error, Result};

/// A base that an import brought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Imported {
    pub base: Base,
    /// Whether every file has its published hash; nobody publishes hashes of an unknown base.
    pub verified: bool,
    /// Of its files together.
    pub size_bytes: u64,
}

/// Name, SHA-256 and content of a file.
type Named<'f> = (&'f str, String, &'f [u8]);

impl Bases {
    /// Copies the base model in `folder` into the cache, as `name` (owner and name).
    ///
    /// Without a name it is the published base whose bytes it has, else `imported/` and the folder's name.
    ///
    /// # Errors
    /// What makes the folder unusable, as [`Bases::resolve`] and the mathematics say it when it is loaded;
    /// [`Error::BaseNotPublished`] and [`Error::BaseNameTaken`] for a name that means something else;
    /// [`Error::NoRoom`]; [`Error::Write`].
    pub fn import(&self, folder: &Path, name: Option<&str>) -> Result<Imported> {
        require_absolute("path", folder)?;
        let shown = folder.display().to_string();
        if !folder.is_dir() {
            let reason = "there is no such folder";
            return Err(Error::InvalidField { field: "path", value: shown, reason });
        }
        let in_path = |source| Error::InField { field: "path", source: Box::new(source) };
        if let Some(refusal) = folder::refusal(&shown, |file| folder.join(file).is_file()) {
            return Err(in_path(refusal));
        }
        let files = BaseFiles::open(folder).map_err(in_path)?;
        // Shapes, types and the tokenizer: only loading tells.
        files.load(folder).map_err(in_path)?;
        let contents = files.contents().map_err(in_path)?;
        let files: Vec<Named<'_>> = contents
            .iter()
            .map(|(name, content)| (*name, without_algorithm(&digest_of(content)).to_owned(), &content[..]))
            .collect();

        let published = KnownBase::all(&self.models)?;
        let recognised =
            published.iter().find(|known| known.revision.is_some() && holds(known, &files).is_ok());
        let name = match (name, recognised) {
            (Some(name), _) => name.to_owned(),
            (None, Some(known)) => known.id().to_owned(),
            (None, None) => default_name(folder),
        };
        if let Some(known) = published.iter().find(|known| known.id() == name)
            && let Err(file) = holds(known, &files)
        {
            return Err(Error::BaseNotPublished { name, file });
        }
        let repository = self
            .repository(&name)
            .map_err(|source| Error::InField { field: "name", source: Box::new(source) })?;
        let commit =
            match recognised.filter(|known| known.id() == name).and_then(|known| known.revision.as_ref()) {
                Some(revision) => revision.clone(),
                None => commit_of(&files),
            };
        match self.cache.snapshot(&name) {
            Some(before) if !before.ends_with(&commit) => return Err(Error::BaseNameTaken { name }),
            _ => {}
        }
        let bytes = files.iter().map(|(_, _, content)| content.len() as u64).sum();
        require_room(&repository.blob(""), bytes)?;
        for (_, digest, content) in &files {
            keep(&repository, &name, digest, content)?;
        }
        let links: Vec<(&str, &str)> =
            files.iter().map(|(name, digest, _)| (*name, digest.as_str())).collect();
        let folder = repository
            .publish(&commit, &links)
            .map_err(|source| Error::Write { path: repository.blob(""), source })?;
        let base = Base { name, folder, bundled: false };
        Ok(Imported { verified: self.is_verified(&base)?, size_bytes: bytes, base })
    }
}

/// Brings one file into the cache under its digest, whole and synced.
fn keep(repository: &Repository, hub_id: &str, digest: &str, content: &[u8]) -> Result<()> {
    let blob = repository.blob(digest);
    let unwritable = |source: io::Error| Error::Write { path: blob.clone(), source };
    let Some(_lock) = repository.lock(digest).map_err(unwritable)? else {
        return Err(Error::Fetch(super::FetchError::Busy { hub_id: hub_id.to_owned() }));
    };
    // Read and compared, not believed: the disk or another program may have spoilt it.
    if fs::read(&blob).is_ok_and(|found| found == content) {
        return Ok(());
    }
    File::create(repository.incomplete(digest))
        .and_then(|mut file| file.write_all(content).and_then(|()| file.sync_all()))
        .and_then(|()| repository.keep(digest))
        .map_err(unwritable)
}

/// Whether these are the published files; else the first that is not.
fn holds(known: &KnownBase, files: &[Named<'_>]) -> Result<(), String> {
    let is_there = |wanted: &super::known::KnownFile| {
        files.iter().any(|(name, digest, _)| *name == wanted.name && *digest == wanted.sha256)
    };
    match known.files.iter().find(|wanted| !is_there(wanted)) {
        Some(other) => Err(other.name.clone()),
        None => Ok(()),
    }
}

/// A name in the cache for a folder of any name.
fn default_name(folder: &Path) -> String {
    let name = folder.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let plain = |character: char| {
        if character.is_ascii_alphanumeric() || "-_.".contains(character) { character } else { '-' }
    };
    let name: String = name.trim_start_matches('.').chars().map(plain).take(96).collect();
    format!("imported/{}", if name.is_empty() { "base" } else { &name })
}

/// Stands in for the commit of a hub: another content is another snapshot.
fn commit_of(files: &[Named<'_>]) -> String {
    let mut listed: Vec<String> =
        files.iter().map(|(name, digest, _)| format!("{name} {digest}\n")).collect();
    listed.sort();
    let digest = Sha256::digest(listed.concat());
    hexadecimal(&digest[..20])
}

fn without_algorithm(digest: &str) -> &str {
    digest.strip_prefix("sha256:").unwrap_or(digest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_of_any_name_gets_one_that_the_cache_takes() {
        for (folder, name) in [
            ("/a/my model (2)", "imported/my-model--2-"),
            ("/a/.hidden", "imported/hidden"),
            ("/", "imported/base"),
        ] {
            assert_eq!(default_name(Path::new(folder)), name);
        }
    }
}
