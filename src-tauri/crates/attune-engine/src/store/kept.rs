//! What the tables of things that a person said have in common: rows with an id and a number, kept or taken back.

use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::feedback::{Kept, Page};
use crate::{Error, Result};

/// A table of them, by its name.
pub(super) struct KeptRows<'c> {
    pub(super) connection: &'c Connection,
    pub(super) table: &'static str,
}

type Read<T> = fn(&Row<'_>) -> rusqlite::Result<Kept<T>>;

impl KeptRows<'_> {
    pub(super) fn find<T>(&self, id: &str, read: Read<T>) -> Result<Option<Kept<T>>> {
        let sql = format!("SELECT * FROM {} WHERE id = ?1", self.table);
        self.connection.query_row(&sql, params![id], read).optional().map_err(reading)
    }

    /// The newest, or those before a number.
    pub(super) fn page<T>(&self, before: Option<u64>, limit: u32, read: Read<T>) -> Result<Page<T>> {
        let before = before.and_then(|number| i64::try_from(number).ok()).unwrap_or(i64::MAX);
        let sql = format!("SELECT * FROM {} WHERE number < ?1 ORDER BY number DESC LIMIT ?2", self.table);
        let mut query = self.connection.prepare_cached(&sql).map_err(reading)?;
        let mut rows = query
            .query_map(params![before, i64::from(limit) + 1], |row| {
                Ok((row.get::<_, i64>("number")? as u64, read(row)?))
            })
            .and_then(Iterator::collect::<rusqlite::Result<Vec<_>>>)
            .map_err(reading)?;
        let sql = format!("SELECT count(*) FROM {}", self.table);
        let total = self.connection.query_row(&sql, [], |row| row.get::<_, i64>(0)).map_err(reading)?;
        // One more was asked for than is shown: it tells that there is another page.
        let has_more = rows.len() > limit as usize;
        rows.truncate(limit as usize);
        let next = rows.last().map(|(number, _)| *number).filter(|_| has_more);
        Ok(Page { kept: rows.into_iter().map(|(_, kept)| kept).collect(), total: total as u64, next })
    }

    pub(super) fn delete(&self, id: &str) -> Result<()> {
        let sql = format!("DELETE FROM {} WHERE id = ?1", self.table);
        let deleted = self.connection.execute(&sql, params![id]);
        deleted.map(drop).map_err(|source| Error::Database { doing: "taking back what was said", source })
    }
}

pub(super) fn reading(source: rusqlite::Error) -> Error {
    Error::Database { doing: "reading what was said of answers", source }
}
