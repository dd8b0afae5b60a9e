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
    assert_eq!(found["kind"], "ask_ai");
    let skipped = json!({
        "malformed": 1, "missingField": 0, "emptyText": 1, "withoutSuggestion": 2, "notApproved": 1
    });
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
async fn every_kind_of_source_is_recognised_and_counted() {
    let home = Home::new();
    let lines = "{\"input\": \"a\", \"output\": \"b\"}\noops\n{\"input\": \"c\"}\n";
    std::fs::write(home.path("rows.txt"), lines).unwrap();
    std::fs::write(home.path("table"), "Completion;Prompt\nb;a\n").unwrap();
    let table = "CREATE TABLE t (input, output); INSERT INTO t VALUES ('a', 'b');";
    rusqlite::Connection::open(home.path("rows.bin")).unwrap().execute_batch(table).unwrap();
    let (_attune, http) = home.serve();
    for (name, kind, rows) in [("rows.txt", "jsonl", 3), ("table", "csv", 1), ("rows.bin", "sqlite_table", 1)]
    {
        let before = std::fs::read(home.path(name)).unwrap();
        let found = http.post(INSPECT, &json!({ "path": home.path(name) })).await.expect(200);
        assert_eq!(
            (&found["kind"], &found["rows"], &found["usable"]),
            (&json!(kind), &json!(rows), &json!(1))
        );
        assert_eq!(found["sampleRows"], json!([{ "input": "a", "output": "b" }]));
        if name == "rows.txt" {
            let skipped = &found["skipped"];
            assert_eq!((&skipped["malformed"], &skipped["missingField"]), (&json!(1), &json!(1)));
            assert!(found["notices"][0].as_str().unwrap().contains("line 2: not JSON"), "{found}");
        }
        assert_eq!(std::fs::read(home.path(name)).unwrap(), before);
    }
}

#[tokio::test]
async fn a_run_blames_the_field_that_named_its_source() {
    let home = Home::new();
    std::fs::write(home.path("bad.jsonl"), "{\n").unwrap();
    std::fs::write(home.path("good.csv"), "a,b\n").unwrap();
    let (_attune, http) = home.serve();
    for field in ["databasePath", "dataPath"] {
        let problem = http.post("/api/v1/runs", &json!({ field: home.path("bad.jsonl") })).await.expect(422);
        assert_eq!(problem["field"], field, "{problem}");
        assert!(problem["message"].as_str().unwrap().contains("line 1: not JSON"), "{problem}");
        assert!(problem["hint"].is_string(), "{problem}");
    }
    let both = json!({ "databasePath": home.path("good.csv"), "dataPath": home.path("good.csv") });
    let problem = http.post("/api/v1/runs", &both).await.expect(422);
    assert_eq!(problem["field"], "dataPath", "{problem}");
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
        ("text.db", "neither one JSON object per line nor two columns"),
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
