//! From what a person asked for to a run that can be queued: defaults filled in, every value checked.
//!
//! Invariant: whatever can be found wrong before training is found here, before there is a row.

use std::path::{Component, Path, PathBuf};

use attune_tuning::{Example, LoraSettings, LoraTarget, TrainingConfig};

use super::{Hyperparameters, LoraDimensions, Method, Progress, Run, RunId, RunStatus};
use crate::artifacts::check_latest_can_move;
use crate::limits::{check_epochs, check_max_samples, check_range, require_absolute};
use crate::sources::{SourceRows, read_source};
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
    /// Default: a folder named after the source in the data folder's `adapters`.
    pub output_folder: Option<PathBuf>,
    /// `auto`, a name, a hub id, or a folder.
    pub base_model: Option<String>,
    pub method: Option<Method>,
    pub run_identifier: Option<String>,
    /// Name of the run's folder in the output folder; default: the run identifier.
    pub run_directory: Option<String>,
    pub max_samples: Option<u32>,
    pub epochs: Option<u32>,
    pub batch_size: Option<u32>,
    pub learning_rate: Option<f64>,
    pub source_max_tokens: Option<u32>,
    pub target_max_tokens: Option<u32>,
    pub seed: Option<u64>,
    /// Only with [`Method::Lora`].
    pub lora_rank: Option<u32>,
    /// Only with [`Method::Lora`]; default: twice the rank.
    pub lora_alpha: Option<f64>,
    /// Only with [`Method::Lora`]; default: q and v.
    pub lora_targets: Option<Vec<String>>,
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

    /// The queued run and its rows. Makes the output folder, as that is the test of whether it can be written.
    ///
    /// # Errors
    /// The first value, file or folder that makes the run impossible.
    pub(crate) fn prepare(self, folder: &DataFolder, bases: &Bases) -> Result<(Run, Vec<Example>)> {
        let id = self.id.as_deref().map_or_else(|| Ok(RunId::generate()), RunId::parse)?;
        // Some defaults wait for the number of rows, but a wrong value is said before a file is opened.
        self.hyperparameters(1)?;
        let max_samples = self.max_samples.unwrap_or(DEFAULT_MAX_SAMPLES);
        check_max_samples("maxSamples", max_samples)?;
        let run_identifier = self.run_identifier.clone().unwrap_or_else(|| generated_identifier(&id));
        check_name("runIdentifier", &run_identifier)?;
        let run_directory = self.run_directory.clone().unwrap_or_else(|| run_identifier.clone());
        check_name("runDirectory", &run_directory)?;

        let (field, source_path) = self.source()?;
        require_absolute(field, &source_path)?;
        let rows = read_source(&source_path, max_samples)
            .and_then(SourceRows::require_usable)
            .map_err(|source| Error::InField { field, source: Box::new(source) })?;
        let summary = rows.summary();
        let hyperparameters = self.hyperparameters(rows.examples.len())?;
        let base = bases.resolve(self.base_model.as_deref().unwrap_or("auto"))?;

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
            method: self.method.unwrap_or(Method::SoftPrompt),
            source_path,
            dataset_hash: summary.dataset_hash,
            samples_used: summary.usable,
            samples_skipped: summary.skipped.total(),
            notices: summary.notices,
            hyperparameters,
            final_loss: None,
            error_message: None,
            run_directory,
            output_folder,
            adapter_digest: None,
            created_at: crate::clock::now(),
            started_at: None,
            finished_at: None,
        };
        Ok((run, rows.examples))
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

    /// The dimensions of a LoRA adapter; refused where the method has none.
    fn lora(&self, method: Method) -> Result<Option<LoraDimensions>> {
        if method != Method::Lora {
            let given = [
                ("loraRank", self.lora_rank.is_some()),
                ("loraAlpha", self.lora_alpha.is_some()),
                ("loraTargets", self.lora_targets.is_some()),
            ];
            return match given.iter().find(|(_, is_given)| *is_given) {
                Some((field, _)) => Err(Error::InvalidField {
                    field,
                    value: "set".to_owned(),
                    reason: "only the method lora has it",
                }),
                None => Ok(None),
            };
        }
        let defaults = LoraSettings::default();
        let rank = self.lora_rank.unwrap_or(defaults.rank as u32);
        check_range("loraRank", rank, 1, 256, "a rank is 1 to 256")?;
        let alpha = self.lora_alpha.unwrap_or(f64::from(rank) * 2.0);
        if !(alpha > 0.0 && alpha <= 1024.0) {
            let reason = "it is above 0 and at most 1024";
            return Err(Error::InvalidField { field: "loraAlpha", value: alpha.to_string(), reason });
        }
        let targets = self
            .lora_targets
            .clone()
            .unwrap_or_else(|| defaults.targets.iter().map(|target| target.name().to_owned()).collect());
        let unknown = targets.iter().find(|name| LoraTarget::from_name(name).is_none());
        if targets.is_empty() || unknown.is_some() {
            let value = unknown.map_or_else(|| "empty".to_owned(), |name| format!("{name:?}"));
            let reason = "the targets are some of q, k, v, o, wi_0, wi_1, wo";
            return Err(Error::InvalidField { field: "loraTargets", value, reason });
        }
        Ok(Some(LoraDimensions { rank, alpha, targets }))
    }

    /// The chosen values, and the defaults for this many rows.
    fn hyperparameters(&self, rows: usize) -> Result<Hyperparameters> {
        let method = self.method.unwrap_or(Method::SoftPrompt);
        let defaults = match method {
            Method::SoftPrompt => TrainingConfig::for_examples(rows),
            Method::Lora => TrainingConfig::for_lora(rows, LoraSettings::default()),
        };
        let chosen = Hyperparameters {
            epochs: self.epochs.unwrap_or(defaults.epochs as u32),
            batch_size: self.batch_size.unwrap_or(defaults.batch_size as u32),
            learning_rate: self.learning_rate.unwrap_or(defaults.learning_rate),
            source_max_tokens: self.source_max_tokens.unwrap_or(defaults.source_max_tokens as u32),
            target_max_tokens: self.target_max_tokens.unwrap_or(defaults.target_max_tokens as u32),
            seed: self.seed.unwrap_or(defaults.seed),
            lora: self.lora(method)?,
        };
        check_epochs("epochs", chosen.epochs)?;
        check_range("batchSize", chosen.batch_size, 1, 256, "a batch has 1 to 256 rows")?;
        for (field, tokens) in
            [("sourceMaxTokens", chosen.source_max_tokens), ("targetMaxTokens", chosen.target_max_tokens)]
        {
            check_range(field, tokens, 2, 1024, "it is 2 to 1024 tokens")?;
        }
        if !(chosen.learning_rate > 0.0 && chosen.learning_rate <= 10.0) {
            return Err(Error::InvalidField {
                field: "learningRate",
                value: chosen.learning_rate.to_string(),
                reason: "it is above 0 and at most 10",
            });
        }
        Ok(chosen)
    }
}

/// Refuses what is not the name of a folder inside the output folder.
fn check_name(field: &'static str, name: &str) -> Result<()> {
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

fn check_output(output_folder: &Path, run_directory: &str) -> Result<()> {
    let unwritable = |source| Error::OutputUnwritable { path: output_folder.to_owned(), source };
    std::fs::create_dir_all(output_folder).map_err(unwritable)?;
    // Rights, a read-only disk, a full disk: only a write tells.
    tempfile::Builder::new().prefix(".writing-").tempfile_in(output_folder).map_err(unwritable)?;
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

    #[test]
    fn impossible_hyperparameters_are_refused_by_field() {
        let field = |request: RunRequest| request.hyperparameters(1).err().and_then(|error| error.field());
        let default = RunRequest::default;
        assert_eq!(field(default()), None);
        assert_eq!(field(RunRequest { epochs: Some(0), ..default() }), Some("epochs"));
        assert_eq!(field(RunRequest { batch_size: Some(0), ..default() }), Some("batchSize"));
        assert_eq!(field(RunRequest { learning_rate: Some(f64::NAN), ..default() }), Some("learningRate"));
        assert_eq!(field(RunRequest { target_max_tokens: Some(1), ..default() }), Some("targetMaxTokens"));
    }
}
