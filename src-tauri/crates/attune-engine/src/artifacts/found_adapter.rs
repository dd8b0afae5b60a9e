//! An adapter wherever it comes from: a run of Attune, or a folder that Hugging Face PEFT wrote.
//!
//! Not here: what its configuration means (`attune_tuning::peft`, which refuses by name what it cannot honour).
//! Invariants: a folder with a record is used only if every file is as the record says. A folder without one is
//! used as it is, nobody vouches for it, and whoever shows it can tell by [`FoundAdapter::record`].

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use attune_tuning::peft::{self, PeftFiles};
use attune_tuning::{Adapter, BaseModel};
use serde::Deserialize;

use super::adapter_folder::{RECORD, read};
use crate::bases::{Base, Bases};
use crate::{AdapterDigest, AdapterFolder, Error, Result, TrainingRecord};

pub(crate) const CONFIG: &str = "adapter_config.json";
pub(crate) const WEIGHTS: &str = "adapter_model.safetensors";
/// What PEFT writes when it is told to: reading it can run foreign code.
const PICKLE: &str = "adapter_model.bin";

/// The bytes of an adapter, and what is known of its origin.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct FoundAdapter {
    path: PathBuf,
    record: Option<TrainingRecord>,
    peft: PeftFiles,
}

#[derive(Deserialize)]
struct NamedBase {
    base_model_name_or_path: Option<String>,
}

impl FoundAdapter {
    /// Opens what `path` leads to: a run folder, `latest` of an output folder, or a folder of PEFT's.
    ///
    /// # Errors
    /// [`Error::AdapterMissing`], [`Error::AdapterIncomplete`], [`Error::AdapterDamaged`], or
    /// [`Error::AdapterPickled`] if there is nothing but a pickle to read.
    pub(crate) fn open(path: &Path) -> Result<Self> {
        let folder = super::resolve(path)?;
        // A run that was killed before its record was written leaves the two files of PEFT too; its curve tells.
        let is_of_a_run = [RECORD, crate::runs::metrics::NAME].iter().any(|name| folder.join(name).exists());
        if is_of_a_run {
            let opened = AdapterFolder::open(&folder)?;
            let (record, peft) = (Some(opened.record().clone()), opened.peft().clone());
            return Ok(Self { path: folder, record, peft });
        }
        let adapter_config = read(&folder, CONFIG)?;
        if !folder.join(WEIGHTS).exists() && folder.join(PICKLE).exists() {
            return Err(Error::AdapterPickled { path: folder, file: PICKLE });
        }
        let peft = PeftFiles { adapter_config, adapter_model: read(&folder, WEIGHTS)? };
        Ok(Self { path: folder, record: None, peft })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Of its run; absent in a folder of PEFT's.
    pub(crate) fn record(&self) -> Option<&TrainingRecord> {
        self.record.as_ref()
    }

    pub(crate) fn peft(&self) -> &PeftFiles {
        &self.peft
    }

    pub(crate) fn digest(&self) -> AdapterDigest {
        AdapterDigest::of(&self.peft)
    }

    /// The base to use it on: `wanted`, else the one that the adapter names.
    ///
    /// # Errors
    /// [`Error::AdapterBaseMissing`] if it names none that is here; else what is wrong with the base.
    pub(crate) fn resolve_base(&self, bases: &Bases, wanted: Option<&str>) -> Result<Base> {
        if let Some(wanted) = wanted {
            return bases.resolve(wanted);
        }
        let missing = |named| Error::AdapterBaseMissing { path: self.path.clone(), named };
        let named = self.named_base().ok_or_else(|| missing(None))?;
        bases.resolve(&named).map_err(|error| match error {
            Error::UnknownBase { name, .. } => missing(Some(name)),
            other => other,
        })
    }

    /// The adapter itself, for the base of this name and with these weights.
    ///
    /// # Errors
    /// [`Error::AdapterOfAnotherBase`] if the record names other weights, [`Error::AdapterRefused`] with what
    /// cannot be honoured or does not fit the base.
    pub(crate) fn decode(&self, base_name: &str, base: &BaseModel, weights_digest: &str) -> Result<Adapter> {
        if let Some(record) = &self.record
            && record.base_model_digest != weights_digest
        {
            return Err(Error::AdapterOfAnotherBase {
                path: self.path.clone(),
                trained_on: record.base_model.clone(),
                base: base_name.to_owned(),
            });
        }
        peft::decode(&self.peft, base)
            .map_err(|source| Error::AdapterRefused { path: self.path.clone(), source })
    }

    fn named_base(&self) -> Option<String> {
        if let Some(record) = &self.record {
            return Some(record.base_model.clone());
        }
        // A configuration that cannot be read names no base; decoding it says why.
        let config: Option<NamedBase> = serde_json::from_slice(&self.peft.adapter_config).ok();
        config?.base_model_name_or_path.filter(|name| !name.is_empty())
    }
}

/// When the files were written that decide what an adapter is; two folders are told apart by their paths.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Written([Option<SystemTime>; 3]);

impl Written {
    pub(crate) fn of(folder: &Path) -> Self {
        let modified = |name| std::fs::metadata(folder.join(name)).and_then(|file| file.modified()).ok();
        // The record is written last and vouches for the others: where it is, it alone counts.
        match modified(RECORD) {
            record @ Some(_) => Self([record, None, None]),
            None => Self([None, modified(CONFIG), modified(WEIGHTS)]),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::super::adapter_folder::tests::write_sample;
    use super::*;

    #[test]
    fn a_folder_of_peft_opens_without_a_record_and_one_of_a_run_only_with_it() {
        let folder = tempfile::tempdir().unwrap();
        write_sample(folder.path(), b"weights");
        assert!(FoundAdapter::open(folder.path()).unwrap().record().is_some());
        fs::remove_file(folder.path().join(RECORD)).unwrap();
        let foreign = FoundAdapter::open(folder.path()).unwrap();
        assert_eq!((foreign.record(), foreign.named_base()), (None, None));
        fs::write(folder.path().join(crate::runs::metrics::NAME), "").unwrap();
        let torn = FoundAdapter::open(folder.path()).unwrap_err();
        assert!(matches!(&torn, Error::AdapterIncomplete { file, .. } if file == RECORD), "{torn}");
    }

    #[test]
    fn a_pickle_is_refused_by_its_name_unless_the_safe_file_is_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(CONFIG), "{}").unwrap();
        fs::write(folder.path().join(PICKLE), "pickle").unwrap();
        let refused = FoundAdapter::open(folder.path()).unwrap_err();
        assert!(matches!(refused, Error::AdapterPickled { file: PICKLE, .. }), "{refused}");
        fs::write(folder.path().join(WEIGHTS), "weights").unwrap();
        FoundAdapter::open(folder.path()).unwrap();
    }
}
