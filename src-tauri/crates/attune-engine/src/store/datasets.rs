//! Datasets: a row for each, and which examples are in it.
//!
//! Invariant: a dataset never changes once it is there, and one with the same rows is not made twice.

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::columns::json_text;
use crate::datasets::{Dataset, DatasetId};
use crate::{Error, Result};

pub(crate) const MIGRATION: &str = "
CREATE TABLE datasets (
    id           TEXT PRIMARY KEY,
    name         TEXT NOT NULL,
    subject      TEXT NOT NULL,
    examples     INTEGER NOT NULL,
    content_hash TEXT NOT NULL,
    created_at   TEXT NOT NULL,
    UNIQUE (subject, content_hash)
) STRICT;
CREATE TABLE dataset_examples (
    dataset TEXT NOT NULL REFERENCES datasets (id) ON DELETE CASCADE,
    example TEXT NOT NULL,
    PRIMARY KEY (dataset, example)
) STRICT, WITHOUT ROWID;
CREATE INDEX datasets_of_example ON dataset_examples (example);
";

/// The table; a transaction serves as its connection where several statements belong together.
pub(crate) struct Datasets<'c>(pub(crate) &'c Connection);

impl Datasets<'_> {
    /// Keeps a dataset and the ids of its examples; in a transaction, so that both are there or neither.
    pub(crate) fn insert<'e>(
        &self,
        dataset: &Dataset,
        examples: impl Iterator<Item = &'e str>,
    ) -> Result<()> {
        let inserting = |source| Error::Database { doing: "keeping a dataset", source };
        self.0
            .execute(
                "INSERT INTO datasets (id, name, subject, examples, content_hash, created_at)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                params![
                    dataset.id.as_str(),
                    dataset.name,
                    dataset.subject,
                    dataset.examples as i64,
                    dataset.content_hash,
                    dataset.created_at,
                ],
            )
            .map_err(inserting)?;
        let mut add = self
            .0
            .prepare("INSERT OR IGNORE INTO dataset_examples (dataset, example) VALUES (?1, ?2)")
            .map_err(inserting)?;
        for example in examples {
            add.execute(params![dataset.id.as_str(), example]).map_err(inserting)?;
        }
        Ok(())
    }

    pub(crate) fn find(&self, id: &DatasetId) -> Result<Option<Dataset>> {
        self.one("SELECT * FROM datasets WHERE id = ?1", params![id.as_str()])
    }

    /// The dataset of a subject with these very rows.
    pub(crate) fn with_content(&self, subject: &str, content_hash: &str) -> Result<Option<Dataset>> {
        let sql = "SELECT * FROM datasets WHERE subject = ?1 AND content_hash = ?2";
        self.one(sql, params![subject, content_hash])
    }

    /// The newest datasets first.
    pub(crate) fn newest(&self, limit: u32) -> Result<Vec<Dataset>> {
        let mut query = self
            .0
            .prepare_cached("SELECT * FROM datasets ORDER BY created_at DESC, id DESC LIMIT ?1")
            .map_err(reading)?;
        let found = query.query_map(params![limit], dataset).map_err(reading)?;
        found.collect::<rusqlite::Result<Vec<_>>>().map_err(reading)
    }

    fn one(&self, sql: &str, params: &[&dyn rusqlite::ToSql]) -> Result<Option<Dataset>> {
        self.0.query_row(sql, params, dataset).optional().map_err(reading)
    }
}

fn dataset(row: &Row<'_>) -> rusqlite::Result<Dataset> {
    Ok(Dataset {
        id: json_text(row, "id")?,
        name: row.get("name")?,
        subject: row.get("subject")?,
        examples: row.get::<_, i64>("examples")? as u64,
        content_hash: row.get("content_hash")?,
        created_at: row.get("created_at")?,
    })
}

fn reading(source: rusqlite::Error) -> Error {
    Error::Database { doing: "reading the datasets", source }
}
