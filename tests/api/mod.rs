//! The contract over TCP, against the real server and its real worker.

mod decoding;
mod deletion;
mod export;
mod generate;
mod guard;
mod peft;
mod runs;
mod served;
mod settings;
mod sources;
mod streaming;
mod trigger;

use serde_json::{Value, json};

use crate::support::{AskAiRow, Events, Home, ask_ai_database};

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

/// The folder of the tiny random T5, or of an adapter that PEFT made for it.
pub(crate) fn tiny_t5(name: &str) -> String {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/tiny_t5").join(name);
    folder.to_str().expect("a checkout has a plain path").trim_end_matches('/').to_owned()
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
