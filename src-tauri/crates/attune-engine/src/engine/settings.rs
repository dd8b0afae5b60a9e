//! What the engine does with settings: read, change, give back to where they came from, and say where that is.

use super::Engine;
use crate::settings::{SettingSource, fields, stored_name, surroundings};
use crate::store::settings::SettingsTable;
use crate::{Result, Settings, SettingsChange, Surrounding};

impl Engine {
    /// The settings that count now.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn settings(&self) -> Result<Settings> {
        self.0.layers.settings(&SettingsTable(&self.0.shared.store.connection()).read()?)
    }

    /// Every setting with what decides it.
    ///
    /// # Errors
    /// As [`Self::settings`].
    pub fn setting_sources(&self) -> Result<Vec<SettingSource>> {
        Ok(self.0.layers.sources(&SettingsTable(&self.0.shared.store.connection()).read()?))
    }

    /// What was decided before Attune started: folders and variables, secrets without their values.
    pub fn surroundings(&self) -> Vec<Surrounding> {
        surroundings(&self.0.shared.folder, &self.0.environment)
    }

    /// Merges a change into the settings. A value that counts already is not stored: programs that send everything
    /// they have read change only what they changed.
    ///
    /// # Errors
    /// [`crate::Error::InvalidField`] for the first value that breaks a rule; nothing is changed then.
    pub fn change_settings(&self, change: SettingsChange) -> Result<Settings> {
        self.0.shared.store.exclusively(|transaction| {
            let table = SettingsTable(transaction);
            let before = self.0.layers.settings(&table.read()?)?;
            let after = before.merged(change)?;
            let known = fields(&before)?;
            for (name, value) in
                fields(&after)?.iter().filter(|(name, value)| known.get(*name) != Some(value))
            {
                table.write(name, value)?;
            }
            Ok(after)
        })
    }

    /// What [`Self::change_settings`] would make of the settings, without changing them.
    ///
    /// # Errors
    /// As there.
    pub fn preview_settings(&self, change: SettingsChange) -> Result<Settings> {
        self.settings()?.merged(change)
    }

    /// Drops what is stored for one setting, so that the environment or the default decides again.
    ///
    /// # Errors
    /// [`crate::Error::UnknownSetting`]; [`crate::Error::InvalidField`] where the others do not allow it, and then
    /// nothing is changed.
    pub fn reset_setting(&self, name: &str) -> Result<Settings> {
        let stored = stored_name(name)?;
        self.0.shared.store.exclusively(|transaction| {
            let table = SettingsTable(transaction);
            let before = self.0.layers.settings(&table.read()?)?;
            table.remove(stored)?;
            let after = self.0.layers.settings(&table.read()?)?;
            after.check_change_from(&before)?;
            Ok(after)
        })
    }
}
