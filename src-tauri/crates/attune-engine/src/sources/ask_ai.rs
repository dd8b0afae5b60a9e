//! Ask AI databases: questions with suggested answers, as `ask_ai_queries(original_query, suggestions)`.
//!
//! An example is the question and the suggestion with the highest confidence. Where suggestions carry an
//! approval, only approved ones count. A row that cannot be used is counted with its reason, never fatal.

use std::collections::HashSet;
use std::path::Path;

use rusqlite::types::ValueRef;
use serde_json::Value;

use super::foreign_database::ForeignDatabase;
use super::{SkippedRows, SourceRows};
use crate::{Error, Result};
use attune_tuning::Example;

/// Reads at most `max_samples` usable rows, the newest first.
///
/// # Errors
/// What is wrong with the file or its table. No usable row is not an error here.
pub(crate) fn read_ask_ai(path: &Path, max_samples: u32) -> Result<SourceRows> {
    let database = ForeignDatabase::open(path)?;
    let explain = |error| database.explain(error);
    let columns: HashSet<String> = database
        .connection
        .prepare("SELECT name FROM pragma_table_info('ask_ai_queries')")
        .and_then(|mut query| query.query_map([], |row| row.get(0))?.collect())
        .map_err(explain)?;
    if columns.is_empty() {
        return Err(Error::NoAskAiTable { path: path.to_owned() });
    }
    for column in ["original_query", "suggestions"] {
        if !columns.contains(column) {
            return Err(Error::NoAskAiColumn { path: path.to_owned(), column });
        }
    }
    let newest_first =
        if columns.contains("created_at") { "created_at DESC, rowid DESC" } else { "rowid DESC" };
    let sql = format!("SELECT original_query, suggestions FROM ask_ai_queries ORDER BY {newest_first}");
    let mut query = database.connection.prepare(&sql).map_err(explain)?;
    let mut rows = query.query([]).map_err(explain)?;

    let mut found =
        SourceRows { path: path.to_owned(), rows: 0, skipped: SkippedRows::default(), examples: Vec::new() };
    while found.examples.len() < max_samples as usize {
        let Some(row) = rows.next().map_err(explain)? else { break };
        found.rows += 1;
        let question = row.get_ref(0).map_err(explain)?;
        let suggestions = row.get_ref(1).map_err(explain)?;
        match example(text(question), suggestions) {
            Ok(example) => found.examples.push(example),
            Err(reason) => *reason(&mut found.skipped) += 1,
        }
    }
    Ok(found)
}

/// The counter of the reason why a row cannot be used.
type Reason = fn(&mut SkippedRows) -> &mut u64;

fn example(question: Option<&str>, suggestions: ValueRef<'_>) -> Result<Example, Reason> {
    if suggestions == ValueRef::Null || text(suggestions).is_some_and(|text| text.trim().is_empty()) {
        return Err(|skipped| &mut skipped.without_suggestion);
    }
    let malformed: Reason = |skipped| &mut skipped.malformed;
    let list: Value = text(suggestions).and_then(|text| serde_json::from_str(text).ok()).ok_or(malformed)?;
    let Value::Array(list) = list else { return Err(malformed) };
    if list.is_empty() {
        return Err(|skipped| &mut skipped.without_suggestion);
    }
    if !list.iter().all(Value::is_object) {
        return Err(malformed);
    }
    let with_approval = list.iter().any(|suggestion| approval(suggestion).is_some());
    let counted: Vec<&Value> =
        list.iter().filter(|suggestion| !with_approval || approval(suggestion) == Some(true)).collect();
    if counted.is_empty() {
        return Err(|skipped| &mut skipped.not_approved);
    }
    // Equal confidences: the first one wins, as it stands in the source.
    let best = counted
        .iter()
        .filter_map(|suggestion| Some((confidence(suggestion), suggestion.get("description")?.as_str()?)))
        .reduce(|best, next| if next.0 > best.0 { next } else { best });
    let Some((_, answer)) = best else { return Err(|skipped| &mut skipped.without_suggestion) };
    let (question, answer) = (question.unwrap_or_default().trim(), answer.trim());
    if question.is_empty() || answer.is_empty() {
        return Err(|skipped| &mut skipped.empty_text);
    }
    Ok(Example { input: question.to_owned(), output: answer.to_owned() })
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
        read_ask_ai(&path, max_samples).unwrap()
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
        let expected = SkippedRows { malformed: 3, without_suggestion: 3, empty_text: 2, not_approved: 1 };
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
