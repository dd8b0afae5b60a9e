//! Batches of examples: a kill at any commit, a full disk and a reader that leaves cost no row and make none twice.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use crate::support::{Home, Http};

const EXAMPLES: u64 = 40;

/// A batch of texts of the smallest base, which are quickly made and never good.
fn request(subject: &str) -> Value {
    let base = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/tiny_t5");
    json!({
        "numExamples": EXAMPLES,
        "subject": subject,
        "seed": 7,
        "candidates": 1,
        "maxNewTokens": 16,
        "generators": [{ "kind": "local_t5", "baseModel": base }],
    })
}

/// A server that obeys this order at this step of a change of the database.
fn server(home: &Home, failpoints: &str) -> Command {
    let mut command = home.command(["serve", "--port", "0"]);
    command.env("FAILPOINTS", failpoints);
    command
}

/// Waits until the batch runs no more.
async fn ended(http: &Http, id: &str) -> Value {
    let mut events = http.events("/api/v1/events").await;
    let batch = http.get(&format!("/api/v1/batches/{id}")).await.expect(200);
    if batch["status"] != "running" {
        return batch;
    }
    let told = |event: &crate::support::Event| {
        event.name == "batch" && {
            let batch = &event.json()["batch"];
            batch["id"] == id && batch["status"] != "running"
        }
    };
    events.next_that(told).await.json()["batch"].clone()
}

/// What each attempt asked for and what came of it, by its number.
async fn rows(http: &Http, id: &str) -> BTreeMap<u64, (String, String)> {
    let page = http.get(&format!("/api/v1/examples?limit=1000&batch={id}")).await.expect(200);
    let examples = page["examples"].as_array().expect("a list");
    let text = |example: &Value, field: &str| example[field].as_str().expect("a text").to_owned();
    let rows: BTreeMap<u64, (String, String)> = examples
        .iter()
        .map(|example| {
            let attempt = example["attempt"].as_u64().expect("its number");
            (attempt, (text(example, "input"), text(example, "output")))
        })
        .collect();
    assert_eq!(rows.len(), examples.len(), "an attempt has one row");
    rows
}

async fn begun(http: &Http, subject: &str) -> String {
    let batch = http.post("/api/v1/batches", &request(subject)).await.expect(202);
    batch["id"].as_str().expect("its id").to_owned()
}

#[tokio::test]
async fn a_batch_that_is_killed_at_a_commit_goes_on_with_exactly_the_rows_that_are_missing() {
    let home = Home::new();
    // Killed before, in and after the commit of an example, again and again.
    let steps = ["store::begun", "store::changed", "store::committed"];
    let mut id = None;
    for kill in 0..4 {
        let (step, after) = (steps[kill % 3], 6 + kill);
        let order = format!("{step}={after}*off->return(kill attune.db)");
        let (attune, http) = home.serve_as(server(&home, &order));
        let begin = match &id {
            None => "/api/v1/batches".to_owned(),
            Some(id) => format!("/api/v1/batches/{id}/continue"),
        };
        let batch = http.post(&begin, &request("me")).await.expect(202);
        id = batch["id"].as_str().map(str::to_owned);
        let killed = attune.wait();
        assert_eq!(killed.code, None, "{order} hits nothing: {killed:?}");
    }
    let id = id.expect("a batch");
    let (_attune, http) = home.serve();
    let left = http.get(&format!("/api/v1/batches/{id}")).await.expect(200);
    let before = rows(&http, &id).await;
    assert_eq!(left["status"], "interrupted");
    assert_eq!(left["tallies"]["attempts"], before.len(), "counted is what is there");
    assert!(!before.is_empty() && (before.len() as u64) < EXAMPLES, "{} rows", before.len());

    http.post(&format!("/api/v1/batches/{id}/continue"), &json!({})).await.expect(202);
    let batch = ended(&http, &id).await;
    assert_eq!(batch["status"], "completed", "{batch}");
    let after = rows(&http, &id).await;
    assert!(after.keys().copied().eq(0..EXAMPLES), "{:?}", after.keys());
    assert!(before.iter().all(|(attempt, row)| after[attempt] == *row), "what was there stays");
    let in_one_go = begun(&http, "anna").await;
    ended(&http, &in_one_go).await;
    assert_eq!(after, rows(&http, &in_one_go).await, "it is the batch that it would have been");
}

#[tokio::test]
async fn a_disk_that_is_full_ends_the_batch_with_a_reason_and_it_goes_on_when_there_is_room() {
    let home = Home::new();
    let id = {
        let (_attune, http) = home.serve_as(server(&home, "store::changed=9*off->return(full attune.db)"));
        let id = begun(&http, "me").await;
        let failed = ended(&http, &id).await;
        assert_eq!(failed["status"], "failed", "{failed}");
        let why = failed["errorMessage"].as_str().expect("a reason");
        assert!(why.contains("attune.db"), "{why}");
        assert_eq!(failed["tallies"]["attempts"], rows(&http, &id).await.len(), "{failed}");
        id
    };
    home.is_left().await;
    let (_attune, http) = home.serve();
    http.post(&format!("/api/v1/batches/{id}/continue"), &json!({})).await.expect(202);
    let batch = ended(&http, &id).await;
    assert_eq!((&batch["status"], &batch["errorMessage"]), (&json!("completed"), &Value::Null), "{batch}");
    assert!(rows(&http, &id).await.keys().copied().eq(0..EXAMPLES));
}

#[tokio::test]
async fn a_batch_is_nobodys_but_its_owners_so_it_ends_well_though_every_reader_has_left() {
    let home = Home::new();
    let (_attune, http) = home.serve();
    let events = http.events("/api/v1/events").await;
    let id = begun(&http, "me").await;
    drop(events);
    let batch = ended(&http, &id).await;
    assert_eq!((&batch["status"], &batch["tallies"]["attempts"]), (&json!("completed"), &json!(EXAMPLES)));
}
