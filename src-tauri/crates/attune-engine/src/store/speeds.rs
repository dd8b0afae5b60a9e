//! How fast generators were on this machine and how much of theirs was kept, and when examples were tuned on.
//!
//! Invariant: only what was measured here has a row.

use rusqlite::{Connection, OptionalExtension, params};

use super::columns::{json, json_text};
use crate::generation::{Measured, SpeedKey, Tuning};
use crate::{Error, Result};

pub(crate) const MIGRATION: &str = "
CREATE TABLE generator_speeds (
    generators     TEXT NOT NULL,
    candidates     INTEGER NOT NULL,
    max_new_tokens INTEGER NOT NULL,
    measured       TEXT NOT NULL CHECK (json_valid(measured)),
    PRIMARY KEY (generators, candidates, max_new_tokens)
) STRICT;
CREATE TABLE tunings (
    number     INTEGER PRIMARY KEY,
    subject    TEXT NOT NULL,
    run        TEXT NOT NULL,
    created_at TEXT NOT NULL
) STRICT;
";

/// The measurements; a transaction serves as its connection where several statements belong together.
pub(crate) struct Speeds<'c>(pub(crate) &'c Connection);

impl Speeds<'_> {
    pub(crate) fn find(&self, key: &SpeedKey) -> Result<Option<Measured>> {
        let sql = "SELECT measured FROM generator_speeds
             WHERE generators = ?1 AND candidates = ?2 AND max_new_tokens = ?3";
        self.0
            .query_row(sql, params![key.generators, key.candidates, key.max_new_tokens], |row| {
                json(row, "measured")
            })
            .optional()
            .map_err(keeping)
    }

    /// Adds a measurement to those before.
    pub(crate) fn add(&self, key: &SpeedKey, newer: Measured) -> Result<()> {
        let all = self.find(key)?.unwrap_or_default().and(newer);
        let measured = serde_json::to_string(&all).map_err(Error::Encode)?;
        let sql = "INSERT INTO generator_speeds (generators, candidates, max_new_tokens, measured)
             VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (generators, candidates, max_new_tokens) DO UPDATE SET measured = excluded.measured";
        self.0
            .execute(sql, params![key.generators, key.candidates, key.max_new_tokens, measured])
            .map(drop)
            .map_err(keeping)
    }
}

/// The tunings of subjects.
pub(crate) struct Tunings<'c>(pub(crate) &'c Connection);

impl Tunings<'_> {
    pub(crate) fn insert(&self, subject: &str, run: &str, moment: &str) -> Result<()> {
        let sql = "INSERT INTO tunings (subject, run, created_at) VALUES (?1, ?2, ?3)";
        self.0.execute(sql, params![subject, run, moment]).map(drop).map_err(keeping)
    }

    /// The newest tuning on a subject's examples.
    pub(crate) fn last(&self, subject: &str) -> Result<Option<Tuning>> {
        let sql = "SELECT run, created_at FROM tunings WHERE subject = ?1
             ORDER BY created_at DESC, number DESC LIMIT 1";
        self.0
            .query_row(sql, params![subject], |row| {
                Ok(Tuning { run: json_text(row, "run")?, frozen_at: row.get("created_at")? })
            })
            .optional()
            .map_err(keeping)
    }
}

fn keeping(source: rusqlite::Error) -> Error {
    Error::Database { doing: "keeping measurements of generators", source }
}
