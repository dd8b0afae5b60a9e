//! What the engine tells of itself and of this computer: findings, room, log.

use super::Engine;
use crate::Result;
use crate::doctor::{Finding, examine};
use crate::logs::{self, LogDay, LogPage, LogQuery};
use crate::storage::{Storage, measure};

impl Engine {
    /// Looks at everything that a training needs from this computer; see [`examine`].
    pub fn examine(&self) -> Vec<Finding> {
        examine(&self.0.shared.folder, &self.0.environment, &self.0.bases)
    }

    /// How much room what Attune keeps takes. Looks at every file.
    pub fn storage(&self) -> Storage {
        measure(&self.0.shared.folder, &self.0.bases)
    }

    /// The days that have a log, the newest first.
    ///
    /// # Errors
    /// The folder cannot be read.
    pub fn log_days(&self) -> Result<Vec<LogDay>> {
        logs::days(&self.0.shared.folder.logs())
    }

    /// A page of the log of a day, the newest entries first.
    ///
    /// # Errors
    /// [`crate::Error::UnknownLogDay`], or the file cannot be read.
    pub fn log(&self, day: &str, query: &LogQuery) -> Result<LogPage> {
        logs::page(&self.0.shared.folder.logs(), day, query)
    }
}
