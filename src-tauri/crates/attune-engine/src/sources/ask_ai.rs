//! Ask AI databases: questions with suggested answers, as `ask_ai_queries(original_query, suggestions)`.
//!
//! An example is the question and the suggestion with the highest confidence. Where suggestions carry an
//! approval, only approved ones count. A row that cannot be used is counted with its reason, never fatal.

use std::collections::HashSet;

use rusqlite::types::ValueRef;
use serde_json::Value;

use super::foreign_database::ForeignDatabase;
use super::{Fault, SourceRows, example};
use crate::{Error, Result};
use attune_tuning::Example;

/// Adds usable rows until `found` is full, the newest first.
///
/// # Errors
/// [`Error::NoAskAiTable`], [`Error::NoAskAiColumn`], or what SQLite says about the file.
pub(super) fn read_ask_ai(database: &ForeignDatabase, found: &mut SourceRows) -> Result<()> {
    let explain = |error| database.explain(error);
    let columns: HashSet<String> = database
        .connection
        .prepare("SELECT name FROM pragma_table_info('ask_ai_queries')")
        .and_then(|mut query| query.query_map([], |row| row.get(0))?.collect())
        .map_err(explain)?;
    if columns.is_empty() {
        return Err(Error::NoAskAiTable { path: found.path.clone() });
    }
    for column in ["original_query", "suggestions"] {
        if !columns.contains(column) {
            return Err(Error::NoAskAiColumn { path: found.path.clone(), column });
        }
    }
    let newest_first =
        if columns.contains("created_at") { "created_at DESC, rowid DESC" } else { "rowid DESC" };
    let sql =
        format!("SELECT original_query, suggestions, rowid FROM ask_ai_queries ORDER BY {newest_first}");
    let mut query = database.connection.prepare(&sql).map_err(explain)?;
    let mut rows = query.query([]).map_err(explain)?;
    while !found.is_full() {
        let Some(row) = rows.next().map_err(explain)? else { break };
        let question = row.get_ref(0).map_err(explain)?;
        let suggestions = row.get_ref(1).map_err(explain)?;
        let number: i64 = row.get(2).map_err(explain)?;
        found.add(("row", number.unsigned_abs()), best_suggestion(text(question), suggestions));
    }
    Ok(())
}

fn best_suggestion(question: Option<&str>, suggestions: ValueRef<'_>) -> Result<Example, Fault> {
    if suggestions == ValueRef::Null || text(suggestions).is_some_and(|text| text.trim().is_empty()) {
        return Err(Fault::WithoutSuggestion);
    }
    let malformed = |why: &'static str| Fault::Malformed(why.into());
    let list: Option<Value> = text(suggestions).and_then(|text| serde_json::from_str(text).ok());
    let list = list.ok_or_else(|| malformed("its suggestions are not JSON"))?;
    let not_a_list = || malformed("its suggestions are not a list of objects");
    let Value::Array(list) = list else { return Err(not_a_list()) };
    if list.is_empty() {
        return Err(Fault::WithoutSuggestion);
    }
    if !list.iter().all(Value::is_object) {
        return Err(not_a_list());
    }
    let with_approval = list.iter().any(|suggestion| approval(suggestion).is_some());
    let counted: Vec<&Value> =
        list.iter().filter(|suggestion| !with_approval || approval(suggestion) == Some(true)).collect();
    if counted.is_empty() {
        return Err(Fault::NotApproved);
    }
    // Equal confidences: the first one wins, as it stands in the source.
    let best = counted
        .iter()
        .filter_map(|suggestion| Some((confidence(suggestion), suggestion.get("description")?.as_str()?)))
        .reduce(|best, next| if next.0 > best.0 { next } else { best });
    let Some((_, answer)) = best else { return Err(Fault::WithoutSuggestion) };
    example(question.unwrap_or_default(), answer)
}

fn text(value: ValueRef<'_>) -> Option<&str> {
    match value {
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => std::str::from_utf8(bytes).ok(),
        _ => None,
    }
}

/// A suggestion without a confidence is the last choice, but a choice.
fn confidence(suggestion: &Value) -> f64 {
    suggestion.get("confidence").and_then(Value::as_f64).unwrap_or(f64::NEG_INFINITY)
}

fn approval(suggestion: &Value) -> Option<bool> {
    match (suggestion.get("approved"), suggestion.get("status")) {
        (Some(Value::Bool(approved)), _) => Some(*approved),
        (_, Some(Value::String(status))) => Some(status == "approved"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::{SkippedRows, read_source};
    use super::*;
    use rusqlite::Connection;

    fn read(rows: &[(&str, Option<&str>)], max_samples: u32) -> SourceRows {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("source.db");
        let connection = Connection::open(&path).unwrap();
        connection
            .execute_batch("CREATE TABLE ask_ai_queries (id INTEGER PRIMARY KEY, original_query TEXT, suggestions TEXT, created_at TIMESTAMP)")
            .unwrap();
        for (minute, (question, suggestions)) in rows.iter().enumerate() {
            connection
                .execute(
                    "INSERT INTO ask_ai_queries (original_query, suggestions, created_at) VALUES (?1, ?2, ?3)",
                    (question, suggestions, format!("2026-01-01 00:{minute:02}:00")),
                )
                .unwrap();
        }
        drop(connection);
        read_source(&path, max_samples).unwrap()
    }

    #[test]
    fn the_most_confident_description_is_the_answer_and_the_newest_row_comes_first() {
        let two = r#"[{"description":"low","confidence":0.2},{"description":"high","confidence":0.9},{"description":"also","confidence":0.9}]"#;
        let found = read(&[("old", Some(two)), ("new", Some(r#"[{"description":"only"}]"#))], 2000);
        let pairs: Vec<_> =
            found.examples.iter().map(|row| (row.input.as_str(), row.output.as_str())).collect();
        assert_eq!(pairs, [("new", "only"), ("old", "high")]);
        assert_eq!(read(&[("old", Some(two)), ("new", Some(two))], 1).examples[0].input, "new");
    }

    #[test]
    fn every_unusable_row_is_counted_with_its_reason() {
        let found = read(
            &[
                ("q", Some("not json")),
                ("q", Some(r#"{"description":"no list"}"#)),
                ("q", Some(r#"["text"]"#)),
                ("q", Some("[]")),
                ("q", None),
                ("q", Some(r#"[{"confidence":1}]"#)),
                ("  ", Some(r#"[{"description":"a"}]"#)),
                ("q", Some(r#"[{"description":"  "}]"#)),
                ("q", Some(r#"[{"description":"a","approved":false}]"#)),
                (
                    "good",
                    Some(
                        r#"[{"description":"a","confidence":1,"approved":false},{"description":"b","confidence":0.1,"approved":true}]"#,
                    ),
                ),
            ],
            2000,
        );
        let expected = SkippedRows {
            malformed: 3,
            without_suggestion: 3,
            empty_text: 2,
            not_approved: 1,
            ..SkippedRows::default()
        };
        assert_eq!((found.rows, found.skipped), (10, expected));
        assert_eq!(found.examples.len(), 1);
        assert_eq!(found.examples[0].output, "b", "only approved suggestions count");
    }

    #[test]
    fn identical_answers_are_named_instead_of_praised() {
        let same = Some(r#"[{"description":"Turn on.","confidence":0.9}]"#);
        let summary = read(&[("a", same), ("b", same)], 2000).summary();
        assert_eq!(summary.distinct_answers, 1);
        assert!(summary.notices[0].starts_with("All answers are identical"), "{:?}", summary.notices);
        let differing = read(&[("a", same), ("b", Some(r#"[{"description":"Turn off."}]"#))], 2000).summary();
        assert_eq!(differing.notices, Vec::<String>::new());
    }
}
