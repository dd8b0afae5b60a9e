//! Looking at a source: counts, reasons, and not a byte changed.

use serde_json::json;

use crate::support::{AskAiRow, Home, ask_ai_database};

const INSPECT: &str = "/api/v1/sources/inspect";

#[tokio::test]
async fn a_source_is_counted_with_the_reasons_for_what_is_skipped() {
    let home = Home::new();
    let path = home.path("mixed.db");
    ask_ai_database(
        &path,
        &[
            AskAiRow::usable("a", "Turn on."),
            AskAiRow::usable("b", "Turn on."),
            AskAiRow::malformed("c"),
            AskAiRow::without_suggestion("d"),
            AskAiRow::null("e"),
            AskAiRow::without_text("f"),
            AskAiRow::not_approved("g", "Turn off."),
        ],
    );
    let before = std::fs::read(&path).unwrap();
    let (_attune, http) = home.serve();
    let found = http.post(INSPECT, &json!({ "path": path })).await.expect(200);
    assert_eq!(
        (&found["rows"], &found["usable"], &found["distinctAnswers"]),
        (&json!(7), &json!(2), &json!(1))
    );
    let skipped = json!({ "malformed": 1, "withoutSuggestion": 2, "emptyText": 1, "notApproved": 1 });
    assert_eq!(found["skipped"], skipped);
    assert!(found["notices"][0].as_str().unwrap().starts_with("All answers are identical"), "{found}");
    assert_eq!(
        found["sampleRows"][0],
        json!({ "input": "b", "output": "Turn on." }),
        "the newest comes first"
    );
    assert_eq!(std::fs::read(&path).unwrap(), before);
}

#[tokio::test]
async fn a_file_that_is_no_source_is_answered_with_what_is_wrong_and_the_way_out() {
    let home = Home::new();
    std::fs::write(home.path("text.db"), "not a database at all").unwrap();
    rusqlite::Connection::open(home.path("other.db")).unwrap().execute_batch("CREATE TABLE t (x)").unwrap();
    let locked = home.path("locked.db");
    ask_ai_database(&locked, &[AskAiRow::usable("a", "b")]);
    let writer = rusqlite::Connection::open(&locked).unwrap();
    writer.execute_batch("BEGIN EXCLUSIVE; DELETE FROM ask_ai_queries").unwrap();
    let (_attune, http) = home.serve();
    for (name, words) in [
        ("missing.db", "does not exist"),
        ("text.db", "not a SQLite database"),
        ("other.db", "no table ask_ai_queries"),
        ("locked.db", "locked by another program"),
    ] {
        let problem = http.post(INSPECT, &json!({ "path": home.path(name) })).await.expect(422);
        let message = problem["message"].as_str().unwrap();
        assert!(message.contains(name) && message.contains(words), "{problem}");
        assert!(problem["hint"].is_string(), "{problem}");
        assert_eq!(problem["field"], "path");
    }
}
