//! What a person has set, and the rules that a change must keep.
//!
//! Not here: where the values are stored (`store::settings`), and which of several places decides (`layers`).
//! Invariant: settings that are stored were valid when they were stored; a folder may vanish afterwards, so
//! whoever uses it checks again.

mod layers;
mod surroundings;

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::limits::{check_epochs, check_max_samples, check_range, require_absolute};
use crate::runs::Method;
use crate::{Error, Result};

pub(crate) use layers::{CommandLine, Layers, fields, stored_name};
pub use layers::{SettingSource, Source};
pub use surroundings::Surrounding;
pub(crate) use surroundings::surroundings;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// Whether suggestions of the tuned model are wanted; for the programs that ask for them.
    pub soft_prompt_enabled: bool,
    /// Output folder of triggered runs, which holds `latest`.
    pub soft_prompt_model_dir: Option<PathBuf>,
    /// Confidence from 0 to 1 that a suggestion needs before it is used.
    pub soft_prompt_confidence_threshold: f64,
    /// Source database of triggered runs.
    pub soft_prompt_database_path: Option<PathBuf>,
    pub training_base_model: String,
    pub training_method: Method,
    pub training_max_samples: u32,
    pub training_epochs: u32,
    /// Whether a tuning begins by itself as soon as enough examples are accepted.
    pub automatic_tuning_enabled: bool,
    /// Whether a window listens for browsers and scripts; `attune serve` always does.
    pub listener_enabled: bool,
    /// The port on 127.0.0.1; 0 takes a free one.
    pub listener_port: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            soft_prompt_enabled: false,
            soft_prompt_model_dir: None,
            soft_prompt_confidence_threshold: 0.85,
            soft_prompt_database_path: None,
            training_base_model: "auto".to_owned(),
            training_method: Method::SoftPrompt,
            training_max_samples: 2000,
            training_epochs: 3,
            automatic_tuning_enabled: false,
            listener_enabled: false,
            listener_port: 7717,
        }
    }
}

/// The fields of a change; `None` leaves a value as it is, `Some(None)` clears one that may be empty.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SettingsChange {
    pub soft_prompt_enabled: Option<bool>,
    pub soft_prompt_model_dir: Option<Option<PathBuf>>,
    pub soft_prompt_confidence_threshold: Option<f64>,
    pub soft_prompt_database_path: Option<Option<PathBuf>>,
    pub training_base_model: Option<String>,
    pub training_method: Option<Method>,
    pub training_max_samples: Option<u32>,
    pub training_epochs: Option<u32>,
    pub automatic_tuning_enabled: Option<bool>,
    pub listener_enabled: Option<bool>,
    pub listener_port: Option<u32>,
}

impl Settings {
    /// These settings with `change` merged in.
    ///
    /// # Errors
    /// [`Error::InvalidField`] for the first value that breaks a rule; nothing is changed then.
    pub(crate) fn merged(&self, change: SettingsChange) -> Result<Self> {
        let merged = Self {
            soft_prompt_enabled: change.soft_prompt_enabled.unwrap_or(self.soft_prompt_enabled),
            soft_prompt_model_dir: change
                .soft_prompt_model_dir
                .unwrap_or_else(|| self.soft_prompt_model_dir.clone()),
            soft_prompt_confidence_threshold: change
                .soft_prompt_confidence_threshold
                .unwrap_or(self.soft_prompt_confidence_threshold),
            soft_prompt_database_path: change
                .soft_prompt_database_path
                .unwrap_or_else(|| self.soft_prompt_database_path.clone()),
            training_base_model: change
                .training_base_model
                .unwrap_or_else(|| self.training_base_model.clone()),
            training_method: change.training_method.unwrap_or(self.training_method),
            training_max_samples: change.training_max_samples.unwrap_or(self.training_max_samples),
            training_epochs: change.training_epochs.unwrap_or(self.training_epochs),
            automatic_tuning_enabled: change
                .automatic_tuning_enabled
                .unwrap_or(self.automatic_tuning_enabled),
            listener_enabled: change.listener_enabled.unwrap_or(self.listener_enabled),
            listener_port: change.listener_port.unwrap_or(self.listener_port),
        };
        merged.check_change_from(self)?;
        Ok(merged)
    }

    /// Refuses values that break a rule. What a served folder must be is asked only of a change that touches it:
    /// a folder that has vanished must not keep a person from changing something else.
    ///
    /// # Errors
    /// [`Error::InvalidField`] for the first of them.
    pub(crate) fn check_change_from(&self, before: &Self) -> Result<()> {
        self.check_values()?;
        let is_served =
            |settings: &Self| settings.soft_prompt_model_dir.clone().filter(|_| settings.soft_prompt_enabled);
        if !self.soft_prompt_enabled || before.soft_prompt_enabled && is_served(before) == is_served(self) {
            return Ok(());
        }
        match &self.soft_prompt_model_dir {
            Some(folder) if folder.is_dir() => Ok(()),
            Some(folder) => Err(Error::InvalidField {
                field: "softPromptModelDir",
                value: folder.display().to_string(),
                reason: "the folder must exist while the soft prompt is enabled",
            }),
            None => Err(Error::InvalidField {
                field: "softPromptModelDir",
                value: "empty".to_owned(),
                reason: "a folder must be set while the soft prompt is enabled",
            }),
        }
    }

    /// The rules that each value keeps by itself.
    fn check_values(&self) -> Result<()> {
        let threshold = self.soft_prompt_confidence_threshold;
        if !(0.0..=1.0).contains(&threshold) {
            return Err(Error::InvalidField {
                field: "softPromptConfidenceThreshold",
                value: threshold.to_string(),
                reason: "it is a share from 0 to 1",
            });
        }
        for (field, path) in [
            ("softPromptModelDir", &self.soft_prompt_model_dir),
            ("softPromptDatabasePath", &self.soft_prompt_database_path),
        ] {
            if let Some(path) = path {
                require_absolute(field, path)?;
            }
        }
        check_max_samples("trainingMaxSamples", self.training_max_samples)?;
        check_epochs("trainingEpochs", self.training_epochs)?;
        let most = u32::from(u16::MAX);
        check_range("listenerPort", self.listener_port, 0, most, "a port is 0 to 65535; 0 takes a free one")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field_of(result: Result<Settings>) -> Option<&'static str> {
        result.err().and_then(|error| error.field())
    }

    #[test]
    fn a_change_merges_and_leaves_the_rest() {
        let merged = Settings::default()
            .merged(SettingsChange { training_epochs: Some(7), ..SettingsChange::default() })
            .unwrap();
        assert_eq!(merged, Settings { training_epochs: 7, ..Settings::default() });
    }

    #[test]
    fn a_value_outside_its_rule_is_refused_by_its_field() {
        let refused = |change| field_of(Settings::default().merged(change));
        for threshold in [-0.1, 1.1, f64::NAN] {
            let change =
                SettingsChange { soft_prompt_confidence_threshold: Some(threshold), ..Default::default() };
            assert_eq!(refused(change), Some("softPromptConfidenceThreshold"));
        }
        let enabled = |folder: Option<&str>| SettingsChange {
            soft_prompt_enabled: Some(true),
            soft_prompt_model_dir: Some(folder.map(PathBuf::from)),
            ..Default::default()
        };
        assert_eq!(refused(enabled(None)), Some("softPromptModelDir"));
        assert_eq!(refused(enabled(Some("/no/such/folder"))), Some("softPromptModelDir"));
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(refused(enabled(folder.path().to_str())), None);
        let relative =
            SettingsChange { soft_prompt_database_path: Some(Some("a.db".into())), ..Default::default() };
        assert_eq!(refused(relative), Some("softPromptDatabasePath"));
        assert_eq!(
            refused(SettingsChange { training_epochs: Some(0), ..Default::default() }),
            Some("trainingEpochs")
        );
        let port = SettingsChange { listener_port: Some(65536), ..Default::default() };
        assert_eq!(refused(port), Some("listenerPort"));
    }

    #[test]
    fn a_served_folder_that_has_vanished_keeps_nobody_from_changing_something_else() {
        let vanished = Settings {
            soft_prompt_enabled: true,
            soft_prompt_model_dir: Some("/no/such/folder".into()),
            ..Settings::default()
        };
        let change = |change| field_of(vanished.merged(change));
        assert_eq!(change(SettingsChange { training_epochs: Some(5), ..Default::default() }), None);
        assert_eq!(change(SettingsChange { soft_prompt_enabled: Some(false), ..Default::default() }), None);
        let another = Some(Some("/another/missing/folder".into()));
        let another = SettingsChange { soft_prompt_model_dir: another, ..Default::default() };
        assert_eq!(change(another), Some("softPromptModelDir"));
    }
}
