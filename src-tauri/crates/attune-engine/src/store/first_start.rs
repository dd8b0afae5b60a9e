//! What is remembered of the first start: one row beside the settings.

use rusqlite::{Connection, OptionalExtension, params};
use serde::{Deserialize, Serialize};

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
        let doing = "reading what is known of the first start";
        let text: Option<String> = self
            .0
            .query_row("SELECT value FROM settings WHERE name = ?1", [NAME], |row| row.get(0))
            .optional()
            .map_err(|source| Error::Database { doing, source })?;
        let Some(text) = text else { return Ok(Remembered::default()) };
        serde_json::from_str(&text).map_err(|error| Error::Database {
            doing,
            source: rusqlite::Error::FromSqlConversionFailure(
                0,
                rusqlite::types::Type::Text,
                Box::new(error),
            ),
        })
    }

    pub(crate) fn write(&self, remembered: &Remembered) -> Result<()> {
        let value = serde_json::to_string(remembered).map_err(Error::Encode)?;
        self.0
            .execute(
                "INSERT INTO settings (name, value) VALUES (?1, ?2)
                 ON CONFLICT (name) DO UPDATE SET value = excluded.value",
                params![NAME, value],
            )
            .map_err(|source| Error::Database { doing: "remembering the first start", source })?;
        Ok(())
    }
}
