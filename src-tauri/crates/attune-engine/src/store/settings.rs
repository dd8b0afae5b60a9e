//! Settings: one row per value that was ever set, as JSON; what has no row has its default.

use rusqlite::{Connection, params};
use serde_json::{Map, Value};

use crate::{Error, Result, Settings};

pub(crate) const MIGRATION: &str = "
CREATE TABLE settings (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL CHECK (json_valid(value))
) STRICT;
";

pub(crate) struct SettingsTable<'c>(pub(crate) &'c Connection);

impl SettingsTable<'_> {
    pub(crate) fn read(&self) -> Result<Settings> {
        let reading = |source| Error::Database { doing: "reading the settings", source };
        let mut query = self.0.prepare("SELECT name, value FROM settings").map_err(reading)?;
        let rows: Vec<(String, Value)> = query
            .query_map([], |row| {
                let text: String = row.get(1)?;
                let value = serde_json::from_str(&text).unwrap_or(Value::Null);
                Ok((row.get(0)?, value))
            })
            .and_then(Iterator::collect)
            .map_err(reading)?;
        serde_json::from_value(Value::Object(rows.into_iter().collect::<Map<_, _>>())).map_err(|error| {
            reading(rusqlite::Error::FromSqlConversionFailure(
                1,
                rusqlite::types::Type::Text,
                Box::new(error),
            ))
        })
    }

    /// Writes the values that differ from `before`.
    pub(crate) fn write(&self, before: &Settings, after: &Settings) -> Result<()> {
        let (before, after) = (fields(before)?, fields(after)?);
        for (name, value) in after.iter().filter(|(name, value)| before.get(*name) != Some(value)) {
            self.0
                .execute(
                    "INSERT INTO settings (name, value) VALUES (?1, ?2)
                     ON CONFLICT (name) DO UPDATE SET value = excluded.value",
                    params![name, value.to_string()],
                )
                .map_err(|source| Error::Database { doing: "saving the settings", source })?;
        }
        Ok(())
    }
}

fn fields(settings: &Settings) -> Result<Map<String, Value>> {
    match serde_json::to_value(settings).map_err(Error::Encode)? {
        Value::Object(fields) => Ok(fields),
        _ => Ok(Map::new()),
    }
}
