//! The file that a run can be gone on from: a line that says what it is, then the trainer's checkpoint.
//!
//! Not here: when it is written (`chronicle`, `execute`) and what is in a checkpoint (`attune_tuning`).
//! Invariants: the path holds a whole checkpoint or none, at every moment; it is never resumed on another base than the
//! one it was trained on.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

use attune_tuning::Checkpoint;
use serde::{Deserialize, Serialize};

use crate::artifacts::durable_writer;
use crate::{Error, Result};

const VERSION: u32 = 1;
/// Nothing that is written here has a longer first line; something else might.
const LONGEST_HEAD: u64 = 4096;

#[derive(Serialize, Deserialize)]
struct Head {
    version: u32,
    /// Of the base that was trained on.
    base_digest: String,
    steps: u64,
}

/// # Errors
/// [`Error::Write`], and [`Error::Training`] if the checkpoint cannot be encoded.
pub(super) fn write(path: &Path, checkpoint: &Checkpoint, base_digest: &str) -> Result<()> {
    let head =
        Head { version: VERSION, base_digest: base_digest.to_owned(), steps: checkpoint.steps() as u64 };
    let mut bytes = serde_json::to_vec(&head).map_err(Error::Encode)?;
    bytes.push(b'\n');
    bytes.extend(checkpoint.encode().map_err(|source| Error::Training { source })?);
    durable_writer::write(path, &bytes).map_err(|source| Error::Write { path: path.to_owned(), source })
}

/// The checkpoint, for a run on the base of this digest in `base_folder`.
///
/// # Errors
/// [`Error::Read`], [`Error::CheckpointRefused`], or [`Error::BaseChanged`].
pub(super) fn read(path: &Path, base_folder: &Path, base_digest: &str) -> Result<Checkpoint> {
    let (head, mut rest) = open(path)?;
    if head.base_digest != base_digest {
        return Err(Error::BaseChanged { path: base_folder.to_owned() });
    }
    let mut bytes = Vec::new();
    rest.read_to_end(&mut bytes).map_err(|source| Error::Read { path: path.to_owned(), source })?;
    Checkpoint::decode(&bytes).map_err(|source| Error::CheckpointRefused { path: path.to_owned(), source })
}

/// How many steps were done when the checkpoint was written.
///
/// # Errors
/// As [`read`], without looking at the base.
pub(crate) fn steps(path: &Path) -> Result<u64> {
    open(path).map(|(head, _)| head.steps)
}

fn open(path: &Path) -> Result<(Head, BufReader<File>)> {
    let unreadable = |source| Error::Read { path: path.to_owned(), source };
    let mut reader = BufReader::new(File::open(path).map_err(unreadable)?);
    let mut line = Vec::new();
    reader.by_ref().take(LONGEST_HEAD).read_until(b'\n', &mut line).map_err(unreadable)?;
    let head: Head =
        serde_json::from_slice(&line).map_err(|source| Error::Decode { path: path.to_owned(), source })?;
    if head.version == VERSION {
        return Ok((head, reader));
    }
    Err(Error::CheckpointRefused {
        path: path.to_owned(),
        source: attune_tuning::Error::CheckpointDamaged { part: "version" },
    })
}
