//! What is remembered of the first start: one row beside the settings.

use rusqlite::{Connection, OptionalExtension};
use serde::{Deserialize, Serialize};

use super::columns::json;
use super::settings::put;
use crate::{Error, Result, RunId};

const NAME: &str = "first_start";

/// How far a person came on the first start.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) struct Remembered {
    /// It was gone through or skipped.
    #[serde(default)]
    pub(crate) finished: bool,
    /// The run that was started there last.
    #[serde(default)]
    pub(crate) run: Option<RunId>,
}

pub(crate) struct FirstStartRow<'c>(pub(crate) &'c Connection);

impl FirstStartRow<'_> {
    pub(crate) fn read(&self) -> Result<Remembered> {
        let found =
            self.0.query_row("SELECT value FROM settings WHERE name = ?1", [NAME], |row| json(row, "value"));
        found
            .optional()
            .map(Option::unwrap_or_default)
            .map_err(|source| Error::Database { doing: "reading what is known of the first start", source })
    }

    pub(crate) fn write(&self, remembered: &Remembered) -> Result<()> {
        let value = serde_json::to_string(remembered).map_err(Error::Encode)?;
        put(self.0, NAME, &value)
            .map_err(|source| Error::Database { doing: "remembering the first start", source })
    }
}
