//! Votes between two answers: a row for each, until it is taken back.
//!
//! Invariant: an id has one row at most; a row is never changed.

use rusqlite::{Connection, Row, named_params};

use super::columns::{json, json_text};
use super::kept::{KeptRows, reading};
use crate::feedback::{Answerer, Judged, Kept, Page, Tally, Vote};
use crate::{Error, Result};

pub(crate) const MIGRATION: &str = "
CREATE TABLE votes (
    number               INTEGER PRIMARY KEY,
    id                   TEXT NOT NULL UNIQUE,
    choice               TEXT NOT NULL CHECK (choice IN ('left','right','tie','both_bad')),
    prompt               TEXT NOT NULL,
    left_answer          TEXT NOT NULL,
    left_model           TEXT NOT NULL,
    left_base_model      TEXT NOT NULL,
    left_base_digest     TEXT NOT NULL,
    left_adapter_digest  TEXT,
    right_answer         TEXT NOT NULL,
    right_model          TEXT NOT NULL,
    right_base_model     TEXT NOT NULL,
    right_base_digest    TEXT NOT NULL,
    right_adapter_digest TEXT,
    decoding             TEXT NOT NULL CHECK (json_valid(decoding)),
    created_at           TEXT NOT NULL
) STRICT;
";

/// The table; a transaction serves as its connection where several statements belong together.
pub(crate) struct Votes<'c>(pub(crate) &'c Connection);

impl Votes<'_> {
    pub(crate) fn insert(&self, kept: &Kept<Vote>) -> Result<()> {
        let Vote { choice, prompt, left, right, decoding } = &kept.said;
        let decoding = serde_json::to_string(decoding).map_err(Error::Encode)?;
        let inserted = self.0.execute(
            "INSERT INTO votes (id, choice, prompt, left_answer, left_model, left_base_model, left_base_digest,
                left_adapter_digest, right_answer, right_model, right_base_model, right_base_digest,
                right_adapter_digest, decoding, created_at)
             VALUES (:id, :choice, :prompt, :left_answer, :left_model, :left_base_model, :left_base_digest,
                :left_adapter_digest, :right_answer, :right_model, :right_base_model, :right_base_digest,
                :right_adapter_digest, :decoding, :created_at)",
            named_params! {
                ":id": kept.id,
                ":choice": choice.as_str(),
                ":prompt": prompt,
                ":left_answer": left.answer,
                ":left_model": left.answerer.model,
                ":left_base_model": left.answerer.base_model,
                ":left_base_digest": left.answerer.base_digest,
                ":left_adapter_digest": left.answerer.adapter_digest,
                ":right_answer": right.answer,
                ":right_model": right.answerer.model,
                ":right_base_model": right.answerer.base_model,
                ":right_base_digest": right.answerer.base_digest,
                ":right_adapter_digest": right.answerer.adapter_digest,
                ":decoding": decoding,
                ":created_at": kept.created_at,
            },
        );
        inserted.map(drop).map_err(|source| Error::Database { doing: "keeping a vote", source })
    }

    pub(crate) fn find(&self, id: &str) -> Result<Option<Kept<Vote>>> {
        self.rows().find(id, vote)
    }

    /// The newest, or those before a number.
    pub(crate) fn page(&self, before: Option<u64>, limit: u32) -> Result<Page<Vote>> {
        self.rows().page(before, limit, vote)
    }

    /// The votes between each two models, the pair that was voted on last first.
    pub(crate) fn tallies(&self) -> Result<Vec<Tally>> {
        // The columns that are not grouped by come from the row of the largest number: names as they were last.
        let sql = "SELECT left_model, left_base_model, left_base_digest, left_adapter_digest, right_model,
                right_base_model, right_base_digest, right_adapter_digest, choice, count(*) AS votes,
                max(number) AS last
             FROM votes
             GROUP BY left_base_digest, left_adapter_digest, right_base_digest, right_adapter_digest, choice
             ORDER BY last DESC";
        let mut query = self.0.prepare_cached(sql).map_err(reading)?;
        let counted = query.query_map([], |row| {
            Ok((
                answerer(row, "left")?,
                answerer(row, "right")?,
                json_text(row, "choice")?,
                row.get::<_, i64>("votes")? as u64,
            ))
        });
        let counted: Vec<_> = counted.and_then(Iterator::collect).map_err(reading)?;
        Ok(Tally::of(counted))
    }

    pub(crate) fn delete(&self, id: &str) -> Result<()> {
        self.rows().delete(id)
    }

    fn rows(&self) -> KeptRows<'_> {
        KeptRows { connection: self.0, table: "votes" }
    }
}

fn vote(row: &Row<'_>) -> rusqlite::Result<Kept<Vote>> {
    Ok(Kept {
        id: row.get("id")?,
        created_at: row.get("created_at")?,
        said: Vote {
            choice: json_text(row, "choice")?,
            prompt: row.get("prompt")?,
            left: Judged { answerer: answerer(row, "left")?, answer: row.get("left_answer")? },
            right: Judged { answerer: answerer(row, "right")?, answer: row.get("right_answer")? },
            decoding: json(row, "decoding")?,
        },
    })
}

fn answerer(row: &Row<'_>, side: &str) -> rusqlite::Result<Answerer> {
    let column = |name: &str| format!("{side}_{name}");
    Ok(Answerer {
        model: row.get(column("model").as_str())?,
        base_model: row.get(column("base_model").as_str())?,
        base_digest: row.get(column("base_digest").as_str())?,
        adapter_digest: row.get(column("adapter_digest").as_str())?,
    })
}
