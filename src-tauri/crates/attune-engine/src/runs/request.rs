//! From what a person asked for to a run that can be queued: defaults filled in, every value checked.
//!
//! Invariant: whatever can be found wrong before training is found here, before there is a row.

use std::path::{Component, Path, PathBuf};

use attune_tuning::peft::PeftFiles;

use super::start::Start;
use super::{Decay, Hyperparameters, InitialPrompt, Method, Precision, Progress, Run, RunId, RunStatus};
use crate::artifacts::check_latest_can_move;
use crate::datasets::Dataset;
use crate::limits::{check_max_samples, require_absolute};
use crate::sources::{SourceRows, Split, read_source, split, split_by};
use crate::{Bases, DataFolder, Error, Result, Settings};

pub(crate) const DEFAULT_MAX_SAMPLES: u32 = 2000;

/// A run as it is asked for; everything but the source has a default.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct RunRequest {
    /// Made by the client, so that a repeated request does not start a second run.
    pub id: Option<String>,
    /// The source: an Ask AI database or any other that [`data_path`](Self::data_path) may name.
    pub database_path: Option<PathBuf>,
    /// The source, instead of `database_path`: JSON lines, CSV or a SQLite database.
    pub data_path: Option<PathBuf>,
    /// The source, instead of either: the name of rows that ship with Attune. Their settings are the defaults then.
    pub sample: Option<String>,
    /// The source, instead of any other: the id of a dataset. The run and its folder are named after it.
    pub dataset: Option<String>,
    /// Default: a folder named after the source in the data folder's `adapters`.
    pub output_folder: Option<PathBuf>,
    /// `auto`, a name, a hub id, or a folder.
    pub base_model: Option<String>,
    pub method: Option<Method>,
    pub run_identifier: Option<String>,
    /// Name of the run's folder in the output folder; default: the run identifier.
    pub run_directory: Option<String>,
    /// A run to go on from. Then nothing but `id`, `run_identifier` and `run_directory` may be given.
    pub resume_from: Option<String>,
    /// The folder of an adapter to begin with.
    pub start_from: Option<PathBuf>,
    pub max_samples: Option<u32>,
    pub epochs: Option<u32>,
    pub batch_size: Option<u32>,
    pub learning_rate: Option<f64>,
    pub source_max_tokens: Option<u32>,
    pub target_max_tokens: Option<u32>,
    pub seed: Option<u64>,
    /// Only with [`Method::SoftPrompt`].
    pub prompt_rows: Option<u32>,
    /// Only with [`Method::SoftPrompt`].
    pub initial_prompt: Option<InitialPrompt>,
    /// Only with [`InitialPrompt::Text`], which it implies.
    pub initial_text: Option<String>,
    pub warmup_steps: Option<u32>,
    pub decay: Option<Decay>,
    pub accumulation_steps: Option<u32>,
    pub batch_tokens: Option<u32>,
    /// 0 leaves gradients as they are.
    pub gradient_clip: Option<f64>,
    pub weight_decay: Option<f64>,
    pub dropout: Option<f64>,
    pub precision: Option<Precision>,
    /// 0 never ends a run early.
    pub patience: Option<u32>,
    pub validation_steps: Option<u32>,
    pub skip_self_check: Option<bool>,
    /// Only with [`Method::Lora`].
    pub lora_rank: Option<u32>,
    /// Only with [`Method::Lora`]; default: twice the rank.
    pub lora_alpha: Option<f64>,
    /// Only with [`Method::Lora`]; default: q and v.
    pub lora_targets: Option<Vec<String>>,
}

/// A run that can be queued, and what it needs.
#[derive(Debug)]
pub(crate) struct Prepared {
    pub(crate) run: Run,
    pub(crate) rows: Split,
    /// The adapter to begin with.
    pub(crate) start: Option<PeftFiles>,
}

impl RunRequest {
    /// What a trigger asks for: everything from the settings.
    ///
    /// # Errors
    /// [`Error::NoSourceChosen`] where no source database is set.
    pub(crate) fn from_settings(settings: &Settings) -> Result<Self> {
        let database_path = settings.soft_prompt_database_path.clone().ok_or(Error::NoSourceChosen)?;
        Ok(Self {
            database_path: Some(database_path),
            output_folder: settings.soft_prompt_model_dir.clone(),
            base_model: Some(settings.training_base_model.clone()),
            method: Some(settings.training_method),
            max_samples: Some(settings.training_max_samples),
            epochs: Some(settings.training_epochs),
            ..Self::default()
        })
    }

    pub(crate) fn max_samples(&self) -> u32 {
        self.max_samples.unwrap_or(DEFAULT_MAX_SAMPLES)
    }

    /// The queued run and its rows. Makes the output folder, as that is the test of whether it can be written.
    ///
    /// # Errors
    /// The first value, file or folder that makes the run impossible.
    pub(crate) fn prepare(
        &self,
        folder: &DataFolder,
        bases: &Bases,
        dataset: Option<&Dataset>,
    ) -> Result<Prepared> {
        let id = self.id.as_deref().map_or_else(|| Ok(RunId::generate()), RunId::parse)?;
        let start = self.start_from.as_deref().map(Start::open).transpose()?;
        let kind = start.as_ref().map(|start| &start.kind);
        // Some defaults wait for the number of rows, but a wrong value is said before the source is opened.
        Hyperparameters::chosen(self, 1, kind)?;
        let max_samples = self.max_samples();
        check_max_samples("maxSamples", max_samples)?;
        let named = self.run_identifier.clone().or_else(|| dataset.map(|dataset| dataset.name.clone()));
        let run_identifier = named.unwrap_or_else(|| generated_identifier(&id));
        check_name("runIdentifier", &run_identifier)?;
        let run_directory = self.run_directory.clone().unwrap_or_else(|| match dataset {
            // Every tuning of a dataset's subject has the same name.
            Some(_) if self.run_identifier.is_none() => generated_identifier(&id),
            _ => run_identifier.clone(),
        });
        check_name("runDirectory", &run_directory)?;

        let (field, source_path) = self.source()?;
        require_absolute(field, &source_path)?;
        let rows = read_source(&source_path, max_samples)
            .and_then(SourceRows::require_usable)
            .map_err(|source| Error::InField { field, source: Box::new(source) })?;
        let summary = rows.summary();
        let mut split = match dataset {
            Some(dataset) => split_by(rows.examples, &dataset.prompts(folder)?),
            None => split(rows.examples),
        };
        let hyperparameters = Hyperparameters::chosen(self, split.train.len(), kind)?;
        let base = match &start {
            Some(start) => start.base(bases, self.base_model.as_deref())?,
            None => bases.resolve(self.base_model.as_deref().unwrap_or("auto"))?,
        };

        let output_folder =
            self.output_folder.clone().unwrap_or_else(|| folder.adapters().join(stem(&source_path)));
        require_absolute("outputDir", &output_folder)?;
        check_output(&output_folder, &run_directory)?;

        let run = Run {
            id,
            run_identifier,
            status: RunStatus::Queued,
            progress: Progress::default(),
            base_model: base.name,
            base_folder: base.folder,
            method: hyperparameters.method(),
            source_path,
            dataset_hash: summary.dataset_hash,
            samples_used: summary.usable,
            held_out: split.held_out.len() as u64,
            samples_skipped: summary.skipped.total(),
            notices: summary.notices.into_iter().chain(split.notice.take()).collect(),
            hyperparameters,
            final_loss: None,
            best: None,
            computation: None,
            self_check: None,
            stopped: None,
            resumable: false,
            resumed_from: None,
            started_from: start.as_ref().map(|start| start.path.clone()),
            dataset: dataset.map(|dataset| dataset.id.clone()),
            error_message: None,
            run_directory,
            output_folder,
            adapter_digest: None,
            created_at: crate::clock::now(),
            started_at: None,
            finished_at: None,
        };
        Ok(Prepared { run, rows: split, start: start.map(Start::into_files) })
    }

    /// Where the rows come from, and the field that says so.
    fn source(&self) -> Result<(&'static str, PathBuf)> {
        match (&self.database_path, &self.data_path) {
            (Some(_), Some(path)) => Err(Error::InvalidField {
                field: "dataPath",
                value: format!("{:?}", path.display().to_string()),
                reason: "databasePath names a source already; leave one of them out",
            }),
            (Some(path), None) => Ok(("databasePath", path.clone())),
            (None, Some(path)) => Ok(("dataPath", path.clone())),
            (None, None) => Err(Error::NoSourceChosen),
        }
    }
}

/// Refuses what is not the name of a folder inside the output folder.
pub(crate) fn check_name(field: &'static str, name: &str) -> Result<()> {
    let mut components = Path::new(name).components();
    let one_name = matches!((components.next(), components.next()), (Some(Component::Normal(_)), None));
    let reason = if !one_name || name.contains(['/', '\\', '\0', '\n']) {
        "it is the name of one folder, without a path"
    } else if name.starts_with('.') {
        "a name that begins with a dot is hidden"
    } else if name == "latest" {
        "that name belongs to the newest adapter"
    } else if name.len() > 128 {
        "it has at most 128 bytes"
    } else {
        return Ok(());
    };
    Err(Error::InvalidField { field, value: format!("{name:?}"), reason })
}

pub(super) fn check_output(output_folder: &Path, run_directory: &str) -> Result<()> {
    let unwritable = |source| Error::OutputUnwritable { path: output_folder.to_owned(), source };
    std::fs::create_dir_all(output_folder).map_err(unwritable)?;
    // Rights, a read-only disk, a full disk: only a write tells.
    tempfile::tempfile_in(output_folder).map_err(unwritable)?;
    check_latest_can_move(output_folder)?;
    let run_folder = output_folder.join(run_directory);
    if run_folder.symlink_metadata().is_ok() {
        return Err(Error::RunDirectoryTaken { path: run_folder });
    }
    Ok(())
}

/// A moment that a person can read, and enough of the id that two runs of one second differ.
fn generated_identifier(id: &RunId) -> String {
    let text = id.as_str();
    let ending = text[text.len() - 4..].to_lowercase();
    format!("run_{}_{ending}", crate::clock::folder_stamp())
}

fn stem(path: &Path) -> String {
    path.file_stem().map_or_else(|| "dataset".to_owned(), |stem| stem.to_string_lossy().into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_directory_is_one_name_in_the_output_folder() {
        for name in ["night", "run 7", "2026-11-21"] {
            assert!(check_name("runDirectory", name).is_ok(), "{name}");
        }
        for name in ["", ".", "..", "a/b", "/a", "../a", ".hidden", "latest", "a\\b"] {
            assert!(check_name("runDirectory", name).is_err(), "{name}");
        }
    }

    #[test]
    fn a_source_has_one_of_two_names() {
        let request = |database: Option<&str>, data: Option<&str>| RunRequest {
            database_path: database.map(PathBuf::from),
            data_path: data.map(PathBuf::from),
            ..RunRequest::default()
        };
        assert_eq!(request(Some("/a"), None).source().unwrap(), ("databasePath", PathBuf::from("/a")));
        assert_eq!(request(None, Some("/b")).source().unwrap(), ("dataPath", PathBuf::from("/b")));
        assert_eq!(request(Some("/a"), Some("/b")).source().unwrap_err().field(), Some("dataPath"));
        assert!(matches!(request(None, None).source(), Err(Error::NoSourceChosen)));
    }
}
