//! What examples were before a person said something of them, so that it can be taken back.
//!
//! Invariant: a review, of one example or of many, is one act; acts are taken back as a whole, the newest first.

use rusqlite::{Connection, params};
use serde::{Deserialize, Serialize};

use super::columns::json;
use crate::generation::{Example, ExampleId, ExampleStatus, Rejection, RejectionKind};
use crate::{Error, Result};

pub(crate) const MIGRATION: &str = "
CREATE TABLE reviews (
    number  INTEGER PRIMARY KEY,
    act     INTEGER NOT NULL,
    example TEXT NOT NULL REFERENCES examples (id) ON DELETE CASCADE,
    before  TEXT NOT NULL CHECK (json_valid(before))
) STRICT;
CREATE INDEX reviews_by_act ON reviews (act);
CREATE INDEX reviews_by_example ON reviews (example);
";

/// What a review can change, as it was.
#[derive(Serialize, Deserialize)]
struct Before {
    example: ExampleId,
    output: String,
    original_output: Option<String>,
    status: ExampleStatus,
    rejection: Option<(RejectionKind, String, Option<ExampleId>)>,
    accepted_at: Option<String>,
    reviewed_at: Option<String>,
}

/// The table; a transaction serves as its connection where several statements belong together.
pub(crate) struct Reviews<'c>(pub(crate) &'c Connection);

impl Reviews<'_> {
    /// Remembers what these examples were before they were reviewed together.
    pub(crate) fn remember(&self, before: &[Example]) -> Result<()> {
        let next = "SELECT coalesce(max(act), 0) + 1 FROM reviews";
        let act: i64 = self.0.query_row(next, [], |row| row.get(0)).map_err(keeping)?;
        let sql = "INSERT INTO reviews (act, example, before) VALUES (?1, ?2, ?3)";
        let mut insert = self.0.prepare_cached(sql).map_err(keeping)?;
        for example in before {
            let before = serde_json::to_string(&Before::of(example)).map_err(Error::Encode)?;
            insert.execute(params![act, example.id.as_str(), before]).map_err(keeping)?;
        }
        Ok(())
    }

    /// Takes the newest act out: puts what it remembers into the examples that `find` gives. None without an act.
    pub(crate) fn take_newest(
        &self,
        mut find: impl FnMut(&ExampleId) -> Result<Option<Example>>,
    ) -> Result<Vec<Example>> {
        let sql = "SELECT before FROM reviews WHERE act = (SELECT max(act) FROM reviews) ORDER BY number";
        let remembered: Vec<Before> = self
            .0
            .prepare_cached(sql)
            .and_then(|mut query| query.query_map([], |row| json(row, "before"))?.collect())
            .map_err(keeping)?;
        let sql = "DELETE FROM reviews WHERE act = (SELECT max(act) FROM reviews)";
        self.0.execute(sql, []).map_err(keeping)?;
        let restored =
            remembered.into_iter().map(|before| Ok(find(&before.example)?.map(|now| before.put_into(now))));
        restored.filter_map(Result::transpose).collect()
    }
}

impl Before {
    fn of(example: &Example) -> Self {
        let rejection = example.rejection.clone();
        Self {
            example: example.id.clone(),
            output: example.output.clone(),
            original_output: example.original_output.clone(),
            status: example.status,
            rejection: rejection.map(|Rejection { kind, words, twin_of }| (kind, words, twin_of)),
            accepted_at: example.accepted_at.clone(),
            reviewed_at: example.reviewed_at.clone(),
        }
    }

    fn put_into(self, now: Example) -> Example {
        Example {
            output: self.output,
            original_output: self.original_output,
            status: self.status,
            rejection: self.rejection.map(|(kind, words, twin_of)| Rejection { kind, words, twin_of }),
            accepted_at: self.accepted_at,
            reviewed_at: self.reviewed_at,
            ..now
        }
    }
}

fn keeping(source: rusqlite::Error) -> Error {
    Error::Database { doing: "keeping what a review has changed", source }
}
