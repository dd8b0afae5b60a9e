//! The contract over TCP, against the real server and its real worker.

mod account;
mod automatic_tuning;
mod chat_model;
mod comparison;
mod decoding;
mod deletion;
pub(crate) mod endpoints;
mod export;
mod feedback;
mod first_start;
mod generate;
mod generation;
mod guard;
mod guide;
mod history;
mod peft;
mod runs;
mod served;
mod settings;
mod sources;
mod stopping;
mod streaming;
mod together;
mod trigger;
mod validation;

pub(crate) use stopping::step_of;

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::support::{AskAiRow, Events, Home, Http, ask_ai_database};

/// A few rows with different answers: enough to train on in a second.
pub(crate) fn small_source(home: &Home) -> String {
    let path = home.path("source.db");
    let rows: Vec<AskAiRow> = ["kitchen", "office", "hall", "porch"]
        .iter()
        .map(|room| {
            AskAiRow::usable(&format!("Light for the {room}?"), &format!("Turn on the {room} light."))
        })
        .collect();
    ask_ai_database(&path, &rows);
    path.to_str().expect("temporary folders have plain names").to_owned()
}

/// So many rows with different answers, as JSON lines; of sixty some are held out.
pub(crate) fn many_rows(home: &Home, count: usize) -> String {
    let path = home.path("rows.jsonl");
    let rows: Vec<String> = (0..count)
        .map(|room| {
            let (input, output) = (format!("Light for room {room}?"), format!("Turn on light {room}."));
            json!({ "input": input, "output": output }).to_string()
        })
        .collect();
    std::fs::write(&path, rows.join("\n")).expect("a file in the test's own folder");
    path.to_str().expect("temporary folders have plain names").to_owned()
}

/// The folder of the tiny random T5, or of an adapter that PEFT made for it.
pub(crate) fn tiny_t5(name: &str) -> String {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/tiny_t5").join(name);
    folder.to_str().expect("a checkout has a plain path").trim_end_matches('/').to_owned()
}

/// A copy of the bundled base that a test may spoil.
fn own_base(home: &Home) -> PathBuf {
    let base = home.path("base");
    std::fs::create_dir_all(&base).expect("a folder in the test's own");
    let bundled = Path::new(env!("CARGO_MANIFEST_DIR")).join("models/attune-mini");
    for name in ["config.json", "tokenizer.json", "model.safetensors"] {
        std::fs::copy(bundled.join(name), base.join(name)).expect("the bundled base is there");
    }
    base
}

/// Queues a run, and gives its id.
pub(crate) async fn started(http: &Http, wanted: &Value) -> String {
    let run = http.post("/api/v1/runs", wanted).await.expect(202);
    run["id"].as_str().expect("a run has an id").to_owned()
}

/// Waits until a run has ended, and gives its last record.
pub(crate) async fn ended(events: &mut Events, id: &str) -> Value {
    let is_end =
        |run: &Value| run["id"] == id && !matches!(run["status"].as_str(), Some("queued" | "running"));
    let event = events
        .next_that(|event| match event.name.as_str() {
            "run" => is_end(&event.json()["run"]),
            "snapshot" => event.json()["runs"].as_array().is_some_and(|runs| runs.iter().any(is_end)),
            _ => false,
        })
        .await;
    let data = event.json();
    match event.name.as_str() {
        "run" => data["run"].clone(),
        _ => data["runs"]
            .as_array()
            .into_iter()
            .flatten()
            .find(|run| is_end(run))
            .cloned()
            .unwrap_or(json!({})),
    }
}
