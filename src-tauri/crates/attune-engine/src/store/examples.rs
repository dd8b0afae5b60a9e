//! Examples: what models learn from, each with its status and where it came from.
//!
//! Invariants: an attempt of a batch has one row at most; an example is rejected if and only if it has a reason;
//! `accepted_at` is when it became accepted last, so that what is new since a tuning can be counted.

use std::collections::BTreeSet;

use rusqlite::types::ToSql;
use rusqlite::{Connection, OptionalExtension, Row, named_params, params};

use super::columns::{absent_or, encoded, json, json_text};
use crate::generation::{BatchId, Example, ExampleFilter, ExampleId, ExamplePage, Rejection};
use crate::{Error, Result};

pub(crate) const MIGRATION: &str = "
CREATE TABLE examples (
    number          INTEGER PRIMARY KEY,
    id              TEXT NOT NULL UNIQUE,
    batch           TEXT REFERENCES batches (id),
    attempt         INTEGER,
    input           TEXT NOT NULL,
    output          TEXT NOT NULL,
    original_output TEXT,
    quality         REAL CHECK (quality BETWEEN 0 AND 1),
    parts           TEXT CHECK (json_valid(parts)),
    source          TEXT NOT NULL
                    CHECK (source IN ('generated','battle','conversation','feedback','ask_ai','imported')),
    genre           TEXT,
    style           TEXT,
    subject         TEXT NOT NULL,
    status          TEXT NOT NULL CHECK (status IN ('candidate','accepted','rejected')),
    rejection       TEXT,
    rejection_words TEXT,
    twin_of         TEXT,
    provenance      TEXT CHECK (json_valid(provenance)),
    created_at      TEXT NOT NULL,
    reviewed_at     TEXT,
    accepted_at     TEXT,
    UNIQUE (batch, attempt),
    CHECK ((batch IS NULL) = (attempt IS NULL)),
    CHECK ((status = 'rejected') = (rejection IS NOT NULL)),
    CHECK ((status = 'accepted') = (accepted_at IS NOT NULL))
) STRICT;
CREATE INDEX examples_of_subject ON examples (subject, status, accepted_at);
";

/// Which rows an [`ExampleFilter`] means; what is null does not matter.
const WHERE: &str = "
    (:subject IS NULL OR subject = :subject)
    AND (:batch IS NULL OR batch = :batch)
    AND (:status IS NULL OR status = :status)
    AND (:source IS NULL OR source = :source)
    AND (:genre IS NULL OR genre = :genre)
    AND (:style IS NULL OR style = :style)
    AND (:min_quality IS NULL OR quality >= :min_quality)
    AND (:max_quality IS NULL OR quality IS NULL OR quality <= :max_quality)
    AND (:reviewed IS NULL OR (reviewed_at IS NOT NULL) = :reviewed)
    AND (:text IS NULL OR instr(lower(input), lower(:text)) OR instr(lower(output), lower(:text)))";

/// The table; a transaction serves as its connection where several statements belong together.
pub(crate) struct Examples<'c>(pub(crate) &'c Connection);

impl Examples<'_> {
    pub(crate) fn insert(&self, example: &Example) -> Result<()> {
        let inserted = self.0.prepare_cached(
            "INSERT INTO examples (id, batch, attempt, input, output, original_output, quality, parts, source,
                genre, style, subject, status, rejection, rejection_words, twin_of, provenance, created_at,
                reviewed_at, accepted_at)
             VALUES (:id, :batch, :attempt, :input, :output, :original_output, :quality, :parts, :source,
                :genre, :style, :subject, :status, :rejection, :rejection_words, :twin_of, :provenance,
                :created_at, :reviewed_at, :accepted_at)",
        );
        let rejection = example.rejection.as_ref();
        let values = named_params! {
            ":id": example.id.as_str(),
            ":batch": example.batch.as_ref().map(BatchId::as_str),
            ":attempt": example.attempt,
            ":input": example.input,
            ":output": example.output,
            ":original_output": example.original_output,
            ":quality": example.quality,
            ":parts": encoded(example.parts.as_ref())?,
            ":source": example.source.as_str(),
            ":genre": example.genre,
            ":style": example.style,
            ":subject": example.subject,
            ":status": example.status.as_str(),
            ":rejection": rejection.map(|rejection| rejection.kind.as_str()),
            ":rejection_words": rejection.map(|rejection| &rejection.words),
            ":twin_of": rejection.and_then(|rejection| rejection.twin_of.as_ref()).map(ExampleId::as_str),
            ":provenance": encoded(example.provenance.as_ref())?,
            ":created_at": example.created_at,
            ":reviewed_at": example.reviewed_at,
            ":accepted_at": example.accepted_at,
        };
        inserted
            .and_then(|mut statement| statement.execute(values))
            .map(drop)
            .map_err(|source| Error::Database { doing: "adding an example", source })
    }

    pub(crate) fn find(&self, id: &ExampleId) -> Result<Option<Example>> {
        let row = self
            .0
            .prepare_cached("SELECT * FROM examples WHERE id = ?1")
            .and_then(|mut query| query.query_row(params![id.as_str()], example).optional());
        row.map_err(reading)
    }

    /// Writes what a review can change.
    pub(crate) fn change(&self, after: &Example) -> Result<()> {
        let rejection = after.rejection.as_ref();
        let changed = self.0.execute(
            "UPDATE examples SET output = :output, original_output = :original_output, status = :status,
                rejection = :rejection, rejection_words = :rejection_words, twin_of = :twin_of,
                reviewed_at = :reviewed_at, accepted_at = :accepted_at
             WHERE id = :id",
            named_params! {
                ":id": after.id.as_str(),
                ":output": after.output,
                ":original_output": after.original_output,
                ":status": after.status.as_str(),
                ":rejection": rejection.map(|rejection| rejection.kind.as_str()),
                ":rejection_words": rejection.map(|rejection| &rejection.words),
                ":twin_of": rejection.and_then(|rejection| rejection.twin_of.as_ref()).map(ExampleId::as_str),
                ":reviewed_at": after.reviewed_at,
                ":accepted_at": after.accepted_at,
            },
        );
        changed.map(drop).map_err(|source| Error::Database { doing: "changing an example", source })
    }

    /// The newest that the filter lets through, or those before a number.
    pub(crate) fn page(
        &self,
        filter: &ExampleFilter,
        before: Option<u64>,
        limit: u32,
    ) -> Result<ExamplePage> {
        let before = before.and_then(|number| i64::try_from(number).ok()).unwrap_or(i64::MAX);
        let limit_and_one = i64::from(limit) + 1;
        let sql = format!(
            "SELECT * FROM examples WHERE {WHERE} AND number < :before ORDER BY number DESC LIMIT :limit"
        );
        let own: [(&str, &dyn ToSql); 2] = [(":before", &before), (":limit", &limit_and_one)];
        let numbered = |row: &Row<'_>| Ok((row.get::<_, i64>("number")? as u64, example(row)?));
        let mut rows = self.filtered(&sql, filter, &own, numbered)?;
        let sql = format!("SELECT count(*) FROM examples WHERE {WHERE}");
        let total = self.filtered(&sql, filter, &[], |row| row.get::<_, i64>(0))?;
        // One more was asked for than is shown: it tells that there is another page.
        let has_more = rows.len() > limit as usize;
        rows.truncate(limit as usize);
        let next = rows.last().map(|(number, _)| *number).filter(|_| has_more);
        Ok(ExamplePage {
            examples: rows.into_iter().map(|(_, example)| example).collect(),
            total: total.first().copied().unwrap_or_default() as u64,
            next,
        })
    }

    /// Every one that the filter lets through, the oldest first.
    pub(crate) fn all(&self, filter: &ExampleFilter) -> Result<Vec<Example>> {
        let sql = format!("SELECT * FROM examples WHERE {WHERE} ORDER BY number");
        self.filtered(&sql, filter, &[], example)
    }

    /// Ids and outputs alone, the oldest first: all that looking for twins needs.
    pub(crate) fn texts(&self, filter: &ExampleFilter) -> Result<Vec<(ExampleId, String)>> {
        let sql = format!("SELECT id, output FROM examples WHERE {WHERE} AND output <> '' ORDER BY number");
        self.filtered(&sql, filter, &[], |row| Ok((json_text(row, "id")?, row.get("output")?)))
    }

    /// How many of a subject are accepted: since a moment, and in all.
    pub(crate) fn count_accepted(&self, subject: &str, since: Option<&str>) -> Result<(u64, u64)> {
        self.0
            .query_row(
                "SELECT count(*) FILTER (WHERE ?2 IS NULL OR accepted_at > ?2), count(*)
                 FROM examples WHERE subject = ?1 AND status = 'accepted'",
                params![subject, since],
                |row| Ok((row.get::<_, i64>(0)? as u64, row.get::<_, i64>(1)? as u64)),
            )
            .map_err(reading)
    }

    /// Takes the examples of a batch away; how many there were.
    /// The numbers of the attempts of a batch that have been made.
    pub(crate) fn attempts_of(&self, batch: &BatchId) -> Result<BTreeSet<u32>> {
        let sql = "SELECT attempt FROM examples WHERE batch = ?1 AND attempt IS NOT NULL";
        let mut statement = self.0.prepare_cached(sql).map_err(reading)?;
        let numbers = statement.query_map(params![batch.as_str()], |row| row.get(0)).map_err(reading)?;
        numbers.collect::<rusqlite::Result<_>>().map_err(reading)
    }

    pub(crate) fn delete_of(&self, batch: &BatchId) -> Result<u64> {
        let deleted = self.0.execute("DELETE FROM examples WHERE batch = ?1", params![batch.as_str()]);
        let doing = "discarding the examples of a batch";
        deleted.map(|rows| rows as u64).map_err(|source| Error::Database { doing, source })
    }

    fn filtered<T>(
        &self,
        sql: &str,
        filter: &ExampleFilter,
        more: &[(&str, &dyn ToSql)],
        read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>> {
        let batch = filter.batch.as_ref().map(BatchId::as_str);
        let (status, source) =
            (filter.status.map(|status| status.as_str()), filter.source.map(|s| s.as_str()));
        let mut values: Vec<(&str, &dyn ToSql)> = vec![
            (":subject", &filter.subject),
            (":batch", &batch),
            (":status", &status),
            (":source", &source),
            (":genre", &filter.genre),
            (":style", &filter.style),
            (":min_quality", &filter.min_quality),
            (":max_quality", &filter.max_quality),
            (":reviewed", &filter.reviewed),
            (":text", &filter.text),
        ];
        values.extend_from_slice(more);
        self.0
            .prepare_cached(sql)
            .and_then(|mut query| query.query_map(&values[..], read)?.collect())
            .map_err(reading)
    }
}

fn reading(source: rusqlite::Error) -> Error {
    Error::Database { doing: "reading examples", source }
}

fn example(row: &Row<'_>) -> rusqlite::Result<Example> {
    let rejection = absent_or(row, "rejection", |row, column| {
        Ok(Rejection {
            kind: json_text(row, column)?,
            words: row.get("rejection_words")?,
            twin_of: absent_or(row, "twin_of", json_text)?,
        })
    })?;
    Ok(Example {
        id: json_text(row, "id")?,
        batch: absent_or(row, "batch", json_text)?,
        attempt: row.get("attempt")?,
        input: row.get("input")?,
        output: row.get("output")?,
        original_output: row.get("original_output")?,
        quality: row.get("quality")?,
        parts: absent_or(row, "parts", json)?,
        source: json_text(row, "source")?,
        genre: row.get("genre")?,
        style: row.get("style")?,
        subject: row.get("subject")?,
        status: json_text(row, "status")?,
        rejection,
        provenance: absent_or(row, "provenance", json)?,
        created_at: row.get("created_at")?,
        accepted_at: row.get("accepted_at")?,
        reviewed_at: row.get("reviewed_at")?,
    })
}
