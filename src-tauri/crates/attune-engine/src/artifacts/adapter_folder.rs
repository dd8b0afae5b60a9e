//! One adapter on disk, in the layout of Hugging Face PEFT with a record of the run beside it.

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use attune_tuning::peft::PeftFiles;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::durable_writer;
use super::found_adapter::{CONFIG, WEIGHTS};
use crate::hexadecimal::hexadecimal;
use crate::runs::{Computation, Hyperparameters, SelfCheck, Stopped};
use crate::{Error, Result};

pub(crate) const RECORD: &str = "training_run.json";

/// SHA-256 of an adapter's weights, as `sha256:` and 64 hexadecimal digits: which adapter really answered.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AdapterDigest(String);

impl AdapterDigest {
    pub(super) fn of(peft: &PeftFiles) -> Self {
        Self(digest_of(&peft.adapter_model))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for AdapterDigest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// What `training_run.json` says. The field names are a public format: other programs read them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TrainingRecord {
    pub run_id: String,
    pub base_model: String,
    /// Digest of the base's weights, so that an adapter is not used on another base by mistake.
    pub base_model_digest: String,
    pub method: String,
    /// Usable rows: those that were trained on and those that were held out.
    pub samples_used: u64,
    #[serde(default)]
    pub held_out: u64,
    pub epochs: u32,
    pub batch_size: u32,
    pub learning_rate: f64,
    pub seed: u64,
    /// Every setting. Absent in older records, as is all that has a default here.
    #[serde(default)]
    pub settings: Option<Hyperparameters>,
    #[serde(default)]
    pub computation: Option<Computation>,
    #[serde(default)]
    pub self_check: Option<SelfCheck>,
    pub steps: u64,
    /// Mean cross-entropy per target token (nats) over the last epoch.
    pub final_loss: f64,
    /// The same over the held-out rows, of the adapter in this folder.
    #[serde(default)]
    pub validation_loss: Option<f64>,
    /// The step after which the adapter in this folder was taken; absent where it is the last.
    #[serde(default)]
    pub best_step: Option<u64>,
    /// Why the run ended before its last step.
    #[serde(default)]
    pub stopped: Option<Stopped>,
    /// The `run_id` of the run that this one went on from.
    #[serde(default)]
    pub resumed_from: Option<String>,
    /// The folder of the adapter that the run began with.
    #[serde(default)]
    pub started_from: Option<PathBuf>,
    /// Name of the folder that holds this file.
    pub run_directory: String,
    /// RFC 3339, UTC.
    pub trained_at: String,
    pub dataset_hash: String,
    pub versions: BTreeMap<String, String>,
    /// Digest of every other file of the folder, by name.
    pub files: BTreeMap<String, String>,
}

/// What goes into a new adapter folder. The record's `files` are filled in while writing.
pub(crate) struct NewAdapter<'a> {
    pub(crate) peft: &'a PeftFiles,
    /// Name and content of each tokenizer file.
    pub(crate) tokenizer_files: &'a [(String, Vec<u8>)],
    pub(crate) record: TrainingRecord,
}

/// A folder that was found complete, with every file as its record says.
#[derive(Debug, Clone, PartialEq)]
pub struct AdapterFolder {
    path: PathBuf,
    record: TrainingRecord,
    peft: PeftFiles,
}

impl AdapterFolder {
    /// Writes a complete adapter into the existing folder `path`, the record last.
    ///
    /// # Errors
    /// [`Error::Write`] with the file that could not be written; the record is missing then.
    pub(crate) fn write(path: &Path, adapter: NewAdapter<'_>) -> Result<TrainingRecord> {
        let mut record = adapter.record;
        let files = adapter.tokenizer_files.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice()));
        let peft = [
            (CONFIG, adapter.peft.adapter_config.as_slice()),
            (WEIGHTS, adapter.peft.adapter_model.as_slice()),
        ];
        for (name, bytes) in files.chain(peft) {
            let file = path.join(name);
            durable_writer::write(&file, bytes).map_err(|source| Error::Write { path: file, source })?;
            record.files.insert(name.to_owned(), digest_of(bytes));
        }
        let file = path.join(RECORD);
        let mut text = serde_json::to_vec_pretty(&record).map_err(Error::Encode)?;
        text.push(b'\n');
        durable_writer::write(&file, &text).map_err(|source| Error::Write { path: file, source })?;
        Ok(record)
    }

    /// Opens the adapter that `path` leads to (a run folder, or `latest`), and verifies every file of it.
    ///
    /// # Errors
    /// [`Error::AdapterMissing`], [`Error::AdapterIncomplete`] or [`Error::AdapterDamaged`], each with the path.
    pub fn open(path: &Path) -> Result<Self> {
        let path = super::resolve(path)?;
        let record_text = read(&path, RECORD)?;
        let record: TrainingRecord = serde_json::from_slice(&record_text).map_err(|error| {
            Error::AdapterDamaged { path: path.clone(), file: RECORD.to_owned(), reason: error.to_string() }
        })?;
        let (mut adapter_config, mut adapter_model) = (None, None);
        for (name, expected) in &record.files {
            if !is_plain(name) {
                let reason = format!("it names the file {name:?}, which is not in the folder");
                return Err(Error::AdapterDamaged { path, file: RECORD.to_owned(), reason });
            }
            let bytes = read(&path, name)?;
            if digest_of(&bytes) != *expected {
                let reason = "its content is not what training_run.json recorded".to_owned();
                return Err(Error::AdapterDamaged { path, file: name.clone(), reason });
            }
            match name.as_str() {
                CONFIG => adapter_config = Some(bytes),
                WEIGHTS => adapter_model = Some(bytes),
                _ => {}
            }
        }
        let incomplete = |file: &str| Error::AdapterIncomplete { path: path.clone(), file: file.to_owned() };
        let peft = PeftFiles {
            adapter_config: adapter_config.ok_or_else(|| incomplete(CONFIG))?,
            adapter_model: adapter_model.ok_or_else(|| incomplete(WEIGHTS))?,
        };
        Ok(Self { path, record, peft })
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    pub fn record(&self) -> &TrainingRecord {
        &self.record
    }

    pub fn digest(&self) -> AdapterDigest {
        AdapterDigest::of(&self.peft)
    }

    pub(crate) fn peft(&self) -> &PeftFiles {
        &self.peft
    }
}

/// The names of the files that make an adapter in `folder`, without its record; the usual ones where the record
/// is missing.
pub(crate) fn files_of(folder: &Path) -> Vec<String> {
    let record = std::fs::read(folder.join(RECORD)).ok();
    let record: Option<TrainingRecord> = record.and_then(|text| serde_json::from_slice(&text).ok());
    match record {
        Some(record) => record.files.into_keys().filter(|name| is_plain(name)).collect(),
        None => [CONFIG, WEIGHTS, "tokenizer.json", "tokenizer_config.json"].map(str::to_owned).to_vec(),
    }
}

/// Whether a name stays in its folder.
fn is_plain(name: &str) -> bool {
    Path::new(name).file_name().is_some_and(|file| file == name)
}

/// `sha256:` and the digest in hexadecimal digits.
pub(crate) fn digest_of(bytes: &[u8]) -> String {
    shown(Sha256::digest(bytes))
}

/// Takes what is written to it and gives its [`digest_of`] at the end.
#[derive(Debug, Default)]
pub(crate) struct DigestWriter(Sha256);

impl DigestWriter {
    pub(crate) fn finish(self) -> String {
        shown(self.0.finalize())
    }
}

impl io::Write for DigestWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn shown(digest: impl AsRef<[u8]>) -> String {
    format!("sha256:{}", hexadecimal(digest.as_ref()))
}

pub(super) fn read(folder: &Path, name: &str) -> Result<Vec<u8>> {
    let path = folder.join(name);
    std::fs::read(&path).map_err(|source| match source.kind() {
        io::ErrorKind::NotFound => {
            Error::AdapterIncomplete { path: folder.to_owned(), file: name.to_owned() }
        }
        _ => Error::Read { path, source },
    })
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn write_sample(path: &Path, weights: &[u8]) -> TrainingRecord {
        std::fs::create_dir_all(path).unwrap();
        let record = TrainingRecord {
            run_id: "night".into(),
            base_model: "attune-mini".into(),
            base_model_digest: "sha256:0".into(),
            method: "soft-prompt".into(),
            samples_used: 19,
            held_out: 0,
            epochs: 3,
            batch_size: 4,
            learning_rate: 0.3,
            seed: 1,
            settings: None,
            computation: None,
            self_check: None,
            steps: 15,
            final_loss: 0.5,
            validation_loss: None,
            best_step: None,
            stopped: None,
            resumed_from: None,
            started_from: None,
            run_directory: "night".into(),
            trained_at: "2026-11-21T01:18:51.000Z".into(),
            dataset_hash: "sha256:1".into(),
            versions: BTreeMap::new(),
            files: BTreeMap::new(),
        };
        let adapter = NewAdapter {
            peft: &PeftFiles { adapter_config: b"{}".to_vec(), adapter_model: weights.to_vec() },
            tokenizer_files: &[("tokenizer.json".to_owned(), b"{}".to_vec())],
            record,
        };
        AdapterFolder::write(path, adapter).unwrap()
    }

    #[test]
    fn a_written_folder_opens_and_knows_its_digest() {
        let folder = tempfile::tempdir().unwrap();
        let record = write_sample(folder.path(), b"weights");
        let opened = AdapterFolder::open(folder.path()).unwrap();
        assert_eq!(opened.record(), &record);
        assert_eq!(opened.digest().as_str(), digest_of(b"weights"));
        assert_eq!(record.files.len(), 3);
    }

    #[test]
    fn a_changed_or_missing_file_is_named() {
        let folder = tempfile::tempdir().unwrap();
        write_sample(folder.path(), b"weights");
        std::fs::write(folder.path().join(WEIGHTS), b"changed").unwrap();
        let error = AdapterFolder::open(folder.path()).unwrap_err();
        assert!(matches!(&error, Error::AdapterDamaged { file, .. } if file == WEIGHTS), "{error}");
        std::fs::remove_file(folder.path().join(WEIGHTS)).unwrap();
        let error = AdapterFolder::open(folder.path()).unwrap_err();
        assert!(matches!(&error, Error::AdapterIncomplete { file, .. } if file == WEIGHTS), "{error}");
    }

    #[test]
    fn a_record_cannot_lead_out_of_its_folder() {
        let folder = tempfile::tempdir().unwrap();
        write_sample(folder.path(), b"weights");
        let text = std::fs::read_to_string(folder.path().join(RECORD)).unwrap();
        std::fs::write(folder.path().join(RECORD), text.replace("tokenizer.json", "../tokenizer.json"))
            .unwrap();
        let error = AdapterFolder::open(folder.path()).unwrap_err();
        assert!(matches!(&error, Error::AdapterDamaged { file, .. } if file == RECORD), "{error}");
    }
}
