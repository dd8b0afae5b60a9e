//! The adapter that a run begins with, instead of a fresh one: of a run of Attune, or a folder of PEFT's.

use std::path::{Path, PathBuf};

use attune_tuning::AdapterKind;
use attune_tuning::peft::{self, PeftFiles};

use crate::artifacts::FoundAdapter;
use crate::bases::Base;
use crate::limits::require_absolute;
use crate::{Bases, Error, Result};

/// The request's name for it.
const FIELD: &str = "startFrom";

/// An adapter whose configuration is understood; whether its values fit a base is seen when it is loaded.
#[derive(Debug)]
pub(crate) struct Start {
    /// As it was asked for.
    pub(super) path: PathBuf,
    pub(crate) kind: AdapterKind,
    adapter: FoundAdapter,
}

impl Start {
    /// # Errors
    /// What is wrong with the path, the folder or the kind of adapter.
    pub(crate) fn open(path: &Path) -> Result<Self> {
        require_absolute(FIELD, path)?;
        let adapter = FoundAdapter::open(path).map_err(in_field)?;
        let kind = peft::kind(&adapter.peft().adapter_config)
            .map_err(|source| in_field(Error::AdapterRefused { path: path.to_owned(), source }))?;
        Ok(Self { path: path.to_owned(), kind, adapter })
    }

    pub(super) fn into_files(self) -> PeftFiles {
        self.adapter.peft().clone()
    }

    /// The base to go on with: the adapter's own, however it is named.
    ///
    /// # Errors
    /// [`Error::AdapterOfAnotherBase`] if its record says so, or why the base cannot be found or read.
    pub(crate) fn base(&self, bases: &Bases, wanted: Option<&str>) -> Result<Base> {
        let base = self.adapter.resolve_base(bases, wanted).map_err(|error| match error {
            Error::AdapterBaseMissing { .. } => in_field(error),
            other => other,
        })?;
        match self.adapter.record() {
            Some(record) if record.base_model_digest != base.weights_digest()? => {
                Err(in_field(Error::AdapterOfAnotherBase {
                    path: self.path.clone(),
                    trained_on: record.base_model.clone(),
                    base: base.name,
                }))
            }
            _ => Ok(base),
        }
    }
}

fn in_field(source: Error) -> Error {
    Error::InField { field: FIELD, source: Box::new(source) }
}
