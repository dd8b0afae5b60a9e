//! The adapter that a run begins with, instead of a fresh one.

use std::path::{Path, PathBuf};

use attune_tuning::AdapterKind;
use attune_tuning::peft::{self, PeftFiles};

use crate::bases::Base;
use crate::limits::require_absolute;
use crate::{AdapterFolder, Bases, Error, Result};

/// The request's name for it.
const FIELD: &str = "startFrom";

/// A verified adapter folder.
#[derive(Debug)]
pub(super) struct Start {
    /// As it was asked for.
    pub(super) path: PathBuf,
    pub(super) kind: AdapterKind,
    pub(super) files: PeftFiles,
    base_model: String,
    base_model_digest: String,
}

impl Start {
    /// # Errors
    /// What is wrong with the path, the folder or the kind of adapter.
    pub(super) fn open(path: &Path) -> Result<Self> {
        require_absolute(FIELD, path)?;
        let adapter = AdapterFolder::open(path).map_err(in_field)?;
        let files = adapter.peft().clone();
        let kind = peft::kind(&files.adapter_config)
            .map_err(|source| in_field(Error::AdapterRefused { path: path.to_owned(), source }))?;
        let record = adapter.record();
        Ok(Self {
            path: path.to_owned(),
            kind,
            files,
            base_model: record.base_model.clone(),
            base_model_digest: record.base_model_digest.clone(),
        })
    }

    /// The base to go on with: the adapter's own, however it is named.
    ///
    /// # Errors
    /// [`Error::AdapterOfAnotherBase`], or why the base cannot be found or read.
    pub(super) fn base(&self, bases: &Bases, wanted: Option<&str>) -> Result<Base> {
        let base = bases.resolve(wanted.unwrap_or(&self.base_model))?;
        if base.weights_digest()? == self.base_model_digest {
            return Ok(base);
        }
        Err(in_field(Error::AdapterOfAnotherBase {
            path: self.path.clone(),
            trained_on: self.base_model.clone(),
            base: base.name,
        }))
    }
}

fn in_field(source: Error) -> Error {
    Error::InField { field: FIELD, source: Box::new(source) }
}
