//! Verdicts on answers: a row for each, until it is taken back.
//!
//! Invariant: an id has one row at most; a row is never changed.

use rusqlite::{Connection, Row, named_params};

use super::columns::{json, json_text};
use super::kept::KeptRows;
use crate::feedback::{Answerer, Feedback, Kept, Page};
use crate::{Error, Result};

pub(crate) const MIGRATION: &str = "
CREATE TABLE feedback (
    number         INTEGER PRIMARY KEY,
    id             TEXT NOT NULL UNIQUE,
    verdict        TEXT NOT NULL CHECK (verdict IN ('approved','rejected','edited','regenerated')),
    prompt         TEXT NOT NULL,
    answer         TEXT NOT NULL,
    edited_answer  TEXT CHECK ((verdict = 'edited') = (edited_answer IS NOT NULL)),
    model          TEXT NOT NULL,
    base_model     TEXT NOT NULL,
    base_digest    TEXT NOT NULL,
    adapter_digest TEXT,
    decoding       TEXT NOT NULL CHECK (json_valid(decoding)),
    created_at     TEXT NOT NULL
) STRICT;
";

/// The table; a transaction serves as its connection where several statements belong together.
pub(crate) struct FeedbackTable<'c>(pub(crate) &'c Connection);

impl FeedbackTable<'_> {
    pub(crate) fn insert(&self, kept: &Kept<Feedback>) -> Result<()> {
        let Feedback { verdict, prompt, answer, edited_answer, answerer, decoding } = &kept.said;
        let decoding = serde_json::to_string(decoding).map_err(Error::Encode)?;
        let inserted = self.0.execute(
            "INSERT INTO feedback (id, verdict, prompt, answer, edited_answer, model, base_model, base_digest,
                adapter_digest, decoding, created_at)
             VALUES (:id, :verdict, :prompt, :answer, :edited_answer, :model, :base_model, :base_digest,
                :adapter_digest, :decoding, :created_at)",
            named_params! {
                ":id": kept.id,
                ":verdict": verdict.as_str(),
                ":prompt": prompt,
                ":answer": answer,
                ":edited_answer": edited_answer,
                ":model": answerer.model,
                ":base_model": answerer.base_model,
                ":base_digest": answerer.base_digest,
                ":adapter_digest": answerer.adapter_digest,
                ":decoding": decoding,
                ":created_at": kept.created_at,
            },
        );
        inserted.map(drop).map_err(|source| Error::Database { doing: "keeping feedback", source })
    }

    pub(crate) fn find(&self, id: &str) -> Result<Option<Kept<Feedback>>> {
        self.rows().find(id, feedback)
    }

    /// The newest, or those before a number.
    pub(crate) fn page(&self, before: Option<u64>, limit: u32) -> Result<Page<Feedback>> {
        self.rows().page(before, limit, feedback)
    }

    pub(crate) fn delete(&self, id: &str) -> Result<()> {
        self.rows().delete(id)
    }

    fn rows(&self) -> KeptRows<'_> {
        KeptRows { connection: self.0, table: "feedback" }
    }
}

fn feedback(row: &Row<'_>) -> rusqlite::Result<Kept<Feedback>> {
    Ok(Kept {
        id: row.get("id")?,
        created_at: row.get("created_at")?,
        said: Feedback {
            verdict: json_text(row, "verdict")?,
            prompt: row.get("prompt")?,
            answer: row.get("answer")?,
            edited_answer: row.get("edited_answer")?,
            answerer: Answerer {
                model: row.get("model")?,
                base_model: row.get("base_model")?,
                base_digest: row.get("base_digest")?,
                adapter_digest: row.get("adapter_digest")?,
            },
            decoding: json(row, "decoding")?,
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Decoding;
    use crate::feedback::Verdict;
    use crate::store::Store;

    fn kept(id: &str, verdict: Verdict, edited_answer: Option<&str>) -> Kept<Feedback> {
        let decoding = Decoding {
            temperature: Some(0.1 + 0.2),
            seed: Some(u64::MAX),
            stop: vec!["\n".to_owned()],
            ..Decoding::default()
        };
        let answerer = Answerer {
            model: "lights".to_owned(),
            base_model: "attune-mini".to_owned(),
            base_digest: "sha256:b".to_owned(),
            adapter_digest: None,
        };
        let (prompt, edited_answer) = ("Lamp?\r\n ".to_owned(), edited_answer.map(str::to_owned));
        let said = Feedback { verdict, prompt, answer: String::new(), edited_answer, answerer, decoding };
        Kept { id: id.to_owned(), created_at: crate::clock::now(), said }
    }

    #[test]
    fn what_is_kept_is_read_back_to_the_last_bit_by_whoever_opens_the_database_next() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("attune.db");
        let edited = kept("one", Verdict::Edited, Some("Yes 💡"));
        FeedbackTable(&Store::open(&path).unwrap().connection()).insert(&edited).unwrap();
        let store = Store::open(&path).unwrap();
        assert_eq!(FeedbackTable(&store.connection()).find("one").unwrap(), Some(edited));
    }

    #[test]
    fn the_database_itself_refuses_a_second_row_for_an_id_and_an_edit_without_a_text() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("attune.db")).unwrap();
        let connection = store.connection();
        let table = FeedbackTable(&connection);
        table.insert(&kept("one", Verdict::Approved, None)).unwrap();
        table.insert(&kept("one", Verdict::Rejected, None)).unwrap_err();
        table.insert(&kept("two", Verdict::Edited, None)).unwrap_err();
        table.insert(&kept("three", Verdict::Approved, Some("Yes."))).unwrap_err();
        let page = table.page(None, 10).unwrap();
        assert_eq!((page.total, page.kept[0].said.verdict, page.next), (1, Verdict::Approved, None));
    }
}
