//! Values that a column holds as text: JSON, and words.

use rusqlite::Row;
use rusqlite::types::ValueRef;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::{Error, Result};

/// A column that may be empty.
pub(super) fn absent_or<T>(
    row: &Row<'_>,
    column: &str,
    read: impl Fn(&Row<'_>, &str) -> rusqlite::Result<T>,
) -> rusqlite::Result<Option<T>> {
    match row.get_ref(column)? {
        ValueRef::Null => Ok(None),
        _ => read(row, column).map(Some),
    }
}

pub(super) fn encoded(value: Option<&impl Serialize>) -> Result<Option<String>> {
    value.map(serde_json::to_string).transpose().map_err(Error::Encode)
}

pub(super) fn json<T: DeserializeOwned>(row: &Row<'_>, column: &str) -> rusqlite::Result<T> {
    let text: String = row.get(column)?;
    serde_json::from_str(&text).map_err(|error| refused(row, column, error))
}

/// A value that is stored as its word, without the quotes of JSON.
pub(super) fn json_text<T: DeserializeOwned>(row: &Row<'_>, column: &str) -> rusqlite::Result<T> {
    let text: String = row.get(column)?;
    serde_json::from_value(serde_json::Value::String(text)).map_err(|error| refused(row, column, error))
}

fn refused(row: &Row<'_>, column: &str, error: serde_json::Error) -> rusqlite::Error {
    let index = row.as_ref().column_index(column).unwrap_or_default();
    rusqlite::Error::FromSqlConversionFailure(index, rusqlite::types::Type::Text, Box::new(error))
}
