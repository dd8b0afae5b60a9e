//! The memory: texts of a subject, each with the vector that it is found again by.
//!
//! Invariants: an example is in it once; what becomes of the example becomes of its memory (a discarded one takes it
//! along, and only accepted ones are told of).

use rusqlite::{Connection, Row, params};

use super::columns::json_text;
use crate::memory::Remembered;
use crate::{Error, Result};

pub(crate) const MIGRATION: &str = "
CREATE TABLE memory (
    number      INTEGER PRIMARY KEY,
    example     TEXT NOT NULL UNIQUE REFERENCES examples (id) ON DELETE CASCADE,
    subject     TEXT NOT NULL,
    base_digest TEXT NOT NULL,
    embedding   BLOB NOT NULL,
    created_at  TEXT NOT NULL
) STRICT;
CREATE INDEX memory_of_subject ON memory (subject);
";

/// The table; a transaction serves as its connection where several statements belong together.
pub(crate) struct Memory<'c>(pub(crate) &'c Connection);

impl Memory<'_> {
    /// Keeps the vector of an example; its values are little-endian 32-bit floats.
    pub(crate) fn insert(
        &self,
        example: &str,
        subject: &str,
        base_digest: &str,
        vector: &[f32],
    ) -> Result<()> {
        let bytes: Vec<u8> = vector.iter().flat_map(|value| value.to_le_bytes()).collect();
        let inserted = self.0.execute(
            "INSERT INTO memory (example, subject, base_digest, embedding, created_at)
             VALUES (?1, ?2, ?3, ?4, ?5)",
            params![example, subject, base_digest, bytes, crate::clock::now()],
        );
        inserted.map(drop).map_err(|source| Error::Database { doing: "keeping a memory", source })
    }

    /// What a subject has in it, the newest first.
    pub(crate) fn newest(&self, subject: &str, limit: u32) -> Result<Vec<Remembered>> {
        let sql = "SELECT m.*, e.input, e.output FROM memory m JOIN examples e ON e.id = m.example
             WHERE m.subject = ?1 AND e.status = 'accepted' ORDER BY m.number DESC LIMIT ?2";
        self.0
            .prepare_cached(sql)
            .and_then(|mut query| query.query_map(params![subject, limit], remembered)?.collect())
            .map_err(|source| Error::Database { doing: "reading the memory", source })
    }
}

fn remembered(row: &Row<'_>) -> rusqlite::Result<Remembered> {
    let bytes: Vec<u8> = row.get("embedding")?;
    let values =
        bytes.chunks_exact(4).map(|bytes| f32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]));
    Ok(Remembered {
        example: json_text(row, "example")?,
        subject: row.get("subject")?,
        input: row.get("input")?,
        output: row.get("output")?,
        base_digest: row.get("base_digest")?,
        embedding: values.collect(),
        created_at: row.get("created_at")?,
    })
}
