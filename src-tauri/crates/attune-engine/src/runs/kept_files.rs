//! What a run keeps in the data folder: its rows, its orders, its checkpoint, and what it begins with.
//!
//! Invariant: what a run needs is its own. A run that goes on from another has links to that one's files or copies of
//! them, so deleting either harms no other.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use attune_tuning::peft::PeftFiles;

use super::{Curves, metrics};
use crate::artifacts::durable_writer;
use crate::sources::{Split, write_frozen};
use crate::{Error, Result};

const ROWS: &str = "dataset.jsonl";
const HELD_OUT: &str = "held_out.jsonl";
const JOB: &str = "job.json";
const COMPARISON: &str = "comparison.json";
const CHECKPOINT: &str = "checkpoint";
const START_CONFIG: &str = "start_config.json";
const START_WEIGHTS: &str = "start_model.safetensors";

/// The folder of one run in the data folder.
#[derive(Debug, Clone)]
pub(crate) struct KeptFiles {
    folder: PathBuf,
}

impl KeptFiles {
    pub(crate) fn at(folder: PathBuf) -> Self {
        Self { folder }
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    pub(crate) fn rows(&self) -> PathBuf {
        self.folder.join(ROWS)
    }

    pub(crate) fn held_out(&self) -> PathBuf {
        self.folder.join(HELD_OUT)
    }

    /// What base and tuned model answered to the rows held out, once somebody wanted to know.
    pub(crate) fn comparison(&self) -> PathBuf {
        self.folder.join(COMPARISON)
    }

    pub(crate) fn job(&self) -> PathBuf {
        self.folder.join(JOB)
    }

    pub(crate) fn checkpoint(&self) -> PathBuf {
        self.folder.join(CHECKPOINT)
    }

    pub(crate) fn has_checkpoint(&self) -> bool {
        self.checkpoint().is_file()
    }

    /// The adapter to begin with: configuration and weights.
    pub(crate) fn start(&self) -> [PathBuf; 2] {
        [START_CONFIG, START_WEIGHTS].map(|name| self.folder.join(name))
    }

    /// Writes the rows of a new run, and the adapter that it begins with.
    ///
    /// # Errors
    /// [`Error::Write`] with the file.
    pub(crate) fn freeze(&self, rows: &Split, start: Option<&PeftFiles>) -> Result<()> {
        self.make()?;
        let held_out = (!rows.held_out.is_empty()).then(|| (self.held_out(), &rows.held_out));
        for (path, rows) in [(self.rows(), &rows.train)].into_iter().chain(held_out) {
            let written = durable_writer::write_with(&path, |file| write_frozen(rows, file));
            written.map_err(|source| Error::Write { path, source })?;
        }
        if let Some(start) = start {
            let [config, weights] = self.start();
            for (path, bytes) in [(config, &start.adapter_config), (weights, &start.adapter_model)] {
                durable_writer::write(&path, bytes).map_err(|source| Error::Write { path, source })?;
            }
        }
        Ok(())
    }

    /// Takes over what a new run needs to go on from `other`, whose curves are given up to its checkpoint.
    ///
    /// # Errors
    /// [`Error::Write`] with the file.
    pub(crate) fn inherit(&self, other: &Self, curves: &Curves) -> Result<()> {
        self.make()?;
        for name in [ROWS, HELD_OUT, CHECKPOINT] {
            let (from, path) = (other.folder.join(name), self.folder.join(name));
            // Of few rows none is held out.
            if name == HELD_OUT && !from.exists() {
                continue;
            }
            link_or_copy(&from, &path).map_err(|source| Error::Write { path, source })?;
        }
        metrics::write(&self.folder, curves)
    }

    /// Takes the checkpoint away, if there is one.
    ///
    /// # Errors
    /// [`Error::Remove`].
    pub(crate) fn forget_checkpoint(&self) -> Result<()> {
        let path = self.checkpoint();
        match fs::remove_file(&path) {
            Err(source) if source.kind() != io::ErrorKind::NotFound => Err(Error::Remove { path, source }),
            _ => Ok(()),
        }
    }

    /// Takes everything away.
    pub(crate) fn discard(&self) {
        if let Err(error) = fs::remove_dir_all(&self.folder) {
            tracing::warn!(%error, folder = %self.folder.display(), "files of a run that was not made are left");
        }
    }

    fn make(&self) -> Result<()> {
        fs::create_dir_all(&self.folder).map_err(|source| Error::Write { path: self.folder.clone(), source })
    }
}

/// A link shares the content for ever, as every writer here replaces files and never changes them. Where there are no
/// links it is a copy.
fn link_or_copy(from: &Path, to: &Path) -> io::Result<()> {
    match fs::hard_link(from, to) {
        Ok(()) => durable_writer::sync_folder(to.parent().unwrap_or(to)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Err(error),
        Err(_) => durable_writer::write(to, &fs::read(from)?),
    }
}
