//! Batches of generated examples: a row before the work, with what came of it so far.
//!
//! Invariants: at most one batch is `running` (a unique partial index, not a lock in memory); the counters change in
//! the transaction that adds the example they count (`examples`).

use rusqlite::{Connection, OptionalExtension, Row, named_params, params};

use super::columns::{absent_or, json, json_text};
use crate::generation::{Batch, BatchId, BatchProgress, BatchStatus, GeneratorName, Tallies};
use crate::{Error, Result};

pub(crate) const MIGRATION: &str = "
CREATE TABLE batches (
    number        INTEGER PRIMARY KEY,
    id            TEXT NOT NULL UNIQUE,
    status        TEXT NOT NULL CHECK (status IN ('running','completed','cancelled','interrupted','failed')),
    subject       TEXT NOT NULL,
    settings      TEXT NOT NULL CHECK (json_valid(settings)),
    generators    TEXT NOT NULL CHECK (json_valid(generators)),
    tallies       TEXT NOT NULL CHECK (json_valid(tallies)),
    notices       TEXT NOT NULL CHECK (json_valid(notices)),
    error_message TEXT,
    created_at    TEXT NOT NULL,
    finished_at   TEXT
) STRICT;
CREATE UNIQUE INDEX one_running_batch ON batches (status) WHERE status = 'running';
";

/// The table; a transaction serves as its connection where several statements belong together.
pub(crate) struct Batches<'c>(pub(crate) &'c Connection);

impl Batches<'_> {
    /// Adds a batch that runs from now on.
    pub(crate) fn insert(&self, batch: &Batch) -> Result<()> {
        let inserted = self.0.execute(
            "INSERT INTO batches (id, status, subject, settings, generators, tallies, notices, created_at)
             VALUES (:id, :status, :subject, :settings, :generators, :tallies, :notices, :created_at)",
            named_params! {
                ":id": batch.id.as_str(),
                ":status": batch.status.as_str(),
                ":subject": batch.subject,
                ":settings": encoded(&batch.settings)?,
                ":generators": encoded(&batch.generators)?,
                ":tallies": encoded(&batch.tallies)?,
                ":notices": encoded(&batch.notices)?,
                ":created_at": batch.created_at,
            },
        );
        inserted.map(drop).map_err(|source| Error::Database { doing: "adding a batch", source })
    }

    pub(crate) fn find(&self, id: &BatchId) -> Result<Option<Batch>> {
        self.one("SELECT * FROM batches WHERE id = ?1", params![id.as_str()])
    }

    pub(crate) fn running(&self) -> Result<Option<Batch>> {
        self.one("SELECT * FROM batches WHERE status = 'running'", [])
    }

    /// The newest batches, or the newest of those made before one, newest first.
    pub(crate) fn newest(&self, limit: u32, before: Option<&BatchId>) -> Result<Vec<Batch>> {
        let sql = "SELECT * FROM batches
             WHERE ?2 IS NULL OR number < (SELECT number FROM batches WHERE id = ?2)
             ORDER BY number DESC LIMIT ?1";
        self.0
            .prepare_cached(sql)
            .and_then(|mut query| {
                query.query_map(params![limit, before.map(BatchId::as_str)], batch)?.collect()
            })
            .map_err(|source| Error::Database { doing: "listing batches", source })
    }

    /// Who writes for a batch, and what the person should know of that.
    pub(crate) fn begin(&self, id: &BatchId, generators: &[GeneratorName], notices: &[String]) -> Result<()> {
        let changed = self.0.execute(
            "UPDATE batches SET generators = ?2, notices = ?3 WHERE id = ?1 AND status = 'running'",
            params![id.as_str(), encoded(&generators)?, encoded(&notices)?],
        );
        self.exactly_one(id, changed, "beginning a batch")
    }

    /// What came of a running batch so far.
    pub(crate) fn keep_tallies(&self, id: &BatchId, tallies: &Tallies) -> Result<()> {
        let changed = self.0.execute(
            "UPDATE batches SET tallies = ?2 WHERE id = ?1 AND status = 'running'",
            params![id.as_str(), encoded(tallies)?],
        );
        self.exactly_one(id, changed, "counting an example")
    }

    /// Lets a batch that ended without its last attempt go on; `false` if it is in no such state.
    pub(crate) fn go_on(&self, id: &BatchId) -> Result<bool> {
        let changed = self.0.execute(
            "UPDATE batches SET status = 'running', error_message = NULL, finished_at = NULL
             WHERE id = ?1 AND status IN ('cancelled','interrupted','failed')",
            params![id.as_str()],
        );
        Ok(changed.map_err(|source| Error::Database { doing: "continuing a batch", source })? == 1)
    }

    /// Ends a running batch; `false` if it had ended.
    pub(crate) fn end(&self, id: &BatchId, status: BatchStatus, error_message: Option<&str>) -> Result<bool> {
        let changed = self.0.execute(
            "UPDATE batches SET status = ?2, error_message = ?3, finished_at = ?4
             WHERE id = ?1 AND status = 'running'",
            params![id.as_str(), status.as_str(), error_message, crate::clock::now()],
        );
        Ok(changed.map_err(|source| Error::Database { doing: "ending a batch", source })? == 1)
    }

    /// Gives an unfinished batch up; what it has is kept. `false` if it is in no such state.
    pub(crate) fn give_up(&self, id: &BatchId) -> Result<bool> {
        let changed = self.0.execute(
            "UPDATE batches SET status = 'cancelled' WHERE id = ?1 AND status IN ('interrupted','failed')",
            params![id.as_str()],
        );
        Ok(changed.map_err(|source| Error::Database { doing: "giving a batch up", source })? == 1)
    }

    /// Takes the row of a batch that does not run away.
    pub(crate) fn delete(&self, id: &BatchId) -> Result<()> {
        let sql = "DELETE FROM batches WHERE id = ?1 AND status <> 'running'";
        let deleted = self.0.execute(sql, params![id.as_str()]);
        deleted.map(drop).map_err(|source| Error::Database { doing: "discarding a batch", source })
    }

    fn one(&self, sql: &str, parameters: impl rusqlite::Params) -> Result<Option<Batch>> {
        let row =
            self.0.prepare_cached(sql).and_then(|mut query| query.query_row(parameters, batch).optional());
        row.map_err(|source| Error::Database { doing: "reading a batch", source })
    }

    fn exactly_one(&self, id: &BatchId, changed: rusqlite::Result<usize>, doing: &'static str) -> Result<()> {
        match changed.map_err(|source| Error::Database { doing, source })? {
            1 => Ok(()),
            _ => Err(crate::BatchError::UnknownBatch { id: id.to_string() }.into()),
        }
    }
}

fn encoded(value: &impl serde::Serialize) -> Result<String> {
    serde_json::to_string(value).map_err(Error::Encode)
}

fn batch(row: &Row<'_>) -> rusqlite::Result<Batch> {
    Ok(Batch {
        id: json_text(row, "id")?,
        status: json_text(row, "status")?,
        subject: row.get("subject")?,
        settings: json(row, "settings")?,
        generators: json(row, "generators")?,
        tallies: json(row, "tallies")?,
        progress: BatchProgress::default(),
        notices: json(row, "notices")?,
        error_message: absent_or(row, "error_message", |row, column| row.get(column))?,
        created_at: row.get("created_at")?,
        finished_at: row.get("finished_at")?,
    })
}
