//! The database of the data folder: one file per table, each with its migration, reads and writes.
//!
//! Not here: anything that is too large for a row (metrics, rows of a dataset, adapters are files).
//! Invariants: a migration that has been released never changes; the database is backed up before a new one
//! runs; a database of a newer Attune is refused, not guessed at.

pub(crate) mod batches;
mod columns;
pub(crate) mod datasets;
pub(crate) mod endpoints;
pub(crate) mod examples;
pub(crate) mod feedback;
pub(crate) mod first_start;
mod kept;
pub(crate) mod memory;
pub(crate) mod reviews;
pub(crate) mod runs;
pub(crate) mod settings;
pub(crate) mod speeds;
pub(crate) mod votes;

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use rusqlite::{Connection, Transaction, TransactionBehavior};
use rusqlite_migration::{M, Migrations};

use crate::failpoints::reach;
use crate::{Error, Result};

const MIGRATIONS: &[&str] = &[
    runs::MIGRATION,
    settings::MIGRATION,
    runs::VALIDATION_MIGRATION,
    feedback::MIGRATION,
    votes::MIGRATION,
    batches::MIGRATION,
    examples::MIGRATION,
    reviews::MIGRATION,
    speeds::MIGRATION,
    endpoints::MIGRATION,
    datasets::MIGRATION,
    runs::DATASET_MIGRATION,
    memory::MIGRATION,
    runs::COMPUTATION_MIGRATION,
];

/// The version of the database that this Attune writes.
pub(crate) const VERSION: usize = MIGRATIONS.len();

/// The open database. One connection is enough: every statement here takes well under a millisecond.
#[derive(Debug)]
pub(crate) struct Store {
    path: PathBuf,
    connection: Mutex<Connection>,
}

impl Store {
    /// Opens the database and brings it to the present version.
    ///
    /// # Errors
    /// [`Error::DatabaseNewer`], [`Error::Migration`], or [`Error::Database`] if the file is unusable.
    pub(crate) fn open(path: &Path) -> Result<Self> {
        let opening = |source| Error::Database { doing: "opening it", source };
        let mut connection = Connection::open(path).map_err(opening)?;
        connection.pragma_update(None, "journal_mode", "WAL").map_err(opening)?;
        // A finished run must still be finished after a power cut.
        connection.pragma_update(None, "synchronous", "FULL").map_err(opening)?;
        connection.pragma_update(None, "foreign_keys", true).map_err(opening)?;

        let found: u32 =
            connection.pragma_query_value(None, "user_version", |row| row.get(0)).map_err(opening)?;
        let found = found as usize;
        if found > MIGRATIONS.len() {
            return Err(Error::DatabaseNewer { path: path.to_owned(), found, known: MIGRATIONS.len() });
        }
        if found > 0 && found < MIGRATIONS.len() {
            let backup = path.with_extension(format!("before-{}.db", MIGRATIONS.len()));
            connection.backup("main", &backup, None).map_err(opening)?;
        }
        Migrations::new(MIGRATIONS.iter().map(|sql| M::up(sql)).collect())
            .to_latest(&mut connection)
            .map_err(|source| Error::Migration { path: path.to_owned(), source })?;
        Ok(Self { path: path.to_owned(), connection: Mutex::new(connection) })
    }

    /// The connection for one statement.
    pub(crate) fn connection(&self) -> MutexGuard<'_, Connection> {
        // A panic elsewhere cannot leave half a transaction: dropping it rolled it back.
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs `work` in one transaction that excludes every other writer from its start.
    pub(crate) fn exclusively<T>(&self, work: impl FnOnce(&Transaction<'_>) -> Result<T>) -> Result<T> {
        let in_transaction = |source| Error::Database { doing: "writing a change", source };
        let mut connection = self.connection();
        let transaction =
            connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(in_transaction)?;
        let reached =
            |step| reach(step, &self.path).map_err(|source| Error::Write { path: self.path.clone(), source });
        reached("store::begun")?;
        let value = work(&transaction)?;
        reached("store::changed")?;
        transaction.commit().map_err(in_transaction)?;
        reached("store::committed")?;
        Ok(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_database_of_a_newer_version_is_refused_unchanged() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("attune.db");
        drop(Store::open(&path).unwrap());
        Connection::open(&path).unwrap().pragma_update(None, "user_version", 1000).unwrap();
        assert!(matches!(Store::open(&path), Err(Error::DatabaseNewer { found: 1000, .. })));
    }

    #[test]
    fn an_upgrade_keeps_a_backup_of_what_was() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("attune.db");
        let old = Connection::open(&path).unwrap();
        old.execute_batch(MIGRATIONS[0]).unwrap();
        old.pragma_update(None, "user_version", 1).unwrap();
        drop(old);
        drop(Store::open(&path).unwrap());
        let backups = std::fs::read_dir(folder.path())
            .unwrap()
            .filter(|entry| entry.as_ref().unwrap().file_name().to_string_lossy().contains("before-"));
        assert_eq!(backups.count(), 1);
    }
}
