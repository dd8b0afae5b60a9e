//! Source databases as they exist in the wild, good and bad.

use std::path::Path;

use rusqlite::Connection;
use serde_json::{Value, json};

/// A row of `ask_ai_queries`.
#[derive(Debug, Clone)]
pub(crate) struct AskAiRow {
    query: String,
    suggestions: Option<String>,
}

impl AskAiRow {
    /// A row that can be used: one suggestion, confident.
    pub(crate) fn usable(query: &str, answer: &str) -> Self {
        Self::with(query, &json!([{ "description": answer, "confidence": 0.9 }]))
    }

    /// A row with any suggestions.
    pub(crate) fn with(query: &str, suggestions: &Value) -> Self {
        Self::raw(query, &suggestions.to_string())
    }

    /// Suggestions that are no JSON, cut short as by a crash.
    pub(crate) fn malformed(query: &str) -> Self {
        Self::raw(query, "[{\"description\": \"Turn on")
    }

    /// An empty list of suggestions.
    pub(crate) fn without_suggestion(query: &str) -> Self {
        Self::raw(query, "[]")
    }

    /// No suggestions at all, as the column allows.
    pub(crate) fn null(query: &str) -> Self {
        Self { query: query.to_owned(), suggestions: None }
    }

    /// A suggestion without words.
    pub(crate) fn without_text(query: &str) -> Self {
        Self::usable(query, "  ")
    }

    /// The only suggestion was refused by its reader.
    pub(crate) fn not_approved(query: &str, answer: &str) -> Self {
        Self::with(query, &json!([{ "description": answer, "confidence": 0.9, "approved": false }]))
    }

    fn raw(query: &str, suggestions: &str) -> Self {
        Self { query: query.to_owned(), suggestions: Some(suggestions.to_owned()) }
    }
}

/// Makes a source database at `path`, its rows a minute apart, the last one the newest.
pub(crate) fn ask_ai_database(path: &Path, rows: &[AskAiRow]) {
    let database = Connection::open(path).expect("a new database in the test's folder");
    database
        .execute_batch(
            "CREATE TABLE ask_ai_queries (
                id INTEGER PRIMARY KEY AUTOINCREMENT,
                original_query TEXT NOT NULL,
                suggestions TEXT,
                created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP
            )",
        )
        .expect("a table in a new database");
    for (minute, row) in rows.iter().enumerate() {
        let created = format!("2025-12-03 {:02}:{:02}:05.171275", minute / 60 % 24, minute % 60);
        database
            .execute(
                "INSERT INTO ask_ai_queries (original_query, suggestions, created_at) VALUES (?1, ?2, ?3)",
                (&row.query, &row.suggestions, created),
            )
            .expect("a row in a new table");
    }
}
