//! Settings: one row per value that was set here, as JSON. What has no row is decided elsewhere (`settings::layers`).

use rusqlite::{Connection, params};
use serde_json::{Map, Value};

use crate::{Error, Result};

pub(crate) const MIGRATION: &str = "
CREATE TABLE settings (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL CHECK (json_valid(value))
) STRICT;
";

pub(crate) struct SettingsTable<'c>(pub(crate) &'c Connection);

impl SettingsTable<'_> {
    /// The values by their stored names.
    pub(crate) fn read(&self) -> Result<Map<String, Value>> {
        let reading = |source| Error::Database { doing: "reading the settings", source };
        let mut query = self.0.prepare("SELECT name, value FROM settings").map_err(reading)?;
        query
            .query_map([], |row| {
                let text: String = row.get(1)?;
                let value = serde_json::from_str(&text).unwrap_or(Value::Null);
                Ok((row.get(0)?, value))
            })
            .and_then(Iterator::collect)
            .map_err(reading)
    }

    pub(crate) fn write(&self, name: &str, value: &Value) -> Result<()> {
        put(self.0, name, &value.to_string()).map_err(saving)
    }

    pub(crate) fn remove(&self, name: &str) -> Result<()> {
        self.0.execute("DELETE FROM settings WHERE name = ?1", [name]).map(drop).map_err(saving)
    }
}

/// Sets the row of a name, a new one or the one that is there, to a value in JSON.
pub(super) fn put(connection: &Connection, name: &str, value: &str) -> rusqlite::Result<()> {
    let sql = "INSERT INTO settings (name, value) VALUES (?1, ?2)
         ON CONFLICT (name) DO UPDATE SET value = excluded.value";
    connection.execute(sql, params![name, value]).map(drop)
}

fn saving(source: rusqlite::Error) -> Error {
    Error::Database { doing: "saving the settings", source }
}
