//! Runs that are stopped and saved, and runs that go on from others.

use serde_json::{Value, json};

use super::{ended, many_rows, own_base, small_source, started, tiny_t5};
use crate::support::{Events, Home, Http};

/// Waits until a run has taken this step.
pub(crate) async fn step_of(events: &mut Events, id: &str, step: u64) {
    events
        .next_that(|event| {
            event.name == "point" && {
                let data = event.json();
                data["runId"] == id && data["point"]["step"].as_u64() >= Some(step)
            }
        })
        .await;
}

async fn in_phase(events: &mut Events, id: &str, phase: &str) {
    events
        .next_that(|event| {
            event.name == "run" && {
                let run = &event.json()["run"];
                run["id"] == id && run["phase"] == phase
            }
        })
        .await;
}

/// A run that was stopped after its third step, of the 4000 that it has.
async fn stopped(http: &Http, events: &mut Events, wanted: &Value) -> Value {
    let id = started(http, wanted).await;
    step_of(events, &id, 3).await;
    http.post(&format!("/api/v1/runs/{id}/stop"), &json!({})).await.expect(202);
    ended(events, &id).await
}

#[tokio::test]
async fn a_stopped_run_is_completed_with_its_adapter_and_can_be_gone_on_from() {
    let home = Home::new();
    let source = small_source(&home);
    let (_attune, http) = home.serve();
    let mut events = http.events("/api/v1/events").await;
    let wanted = json!({ "databasePath": source, "epochs": 1000, "runIdentifier": "night" });
    let run = stopped(&http, &mut events, &wanted).await;
    assert_eq!((&run["status"], &run["stopped"]), (&json!("completed"), &json!("asked")), "{run}");
    assert_eq!((&run["resumable"], &run["resumedFrom"]), (&json!(true), &json!(null)), "{run}");
    assert!(run["step"].as_u64() < run["totalSteps"].as_u64(), "{run}");
    assert_eq!(run["totalSteps"], 4000, "{run}");
    let folder = attune_engine::AdapterFolder::open(&home.data().join("adapters/source/latest")).unwrap();
    assert_eq!(folder.digest().as_str(), run["adapterDigest"]);
    assert_eq!(json!(folder.record().stopped), "asked");

    let again = http.post("/api/v1/runs", &json!({ "resumeFrom": run["id"] })).await.expect(202);
    assert_eq!((&again["runIdentifier"], &again["resumedFrom"]), (&json!("night-2"), &run["id"]), "{again}");
    assert_eq!(again["settings"], run["settings"]);
    let again = again["id"].as_str().unwrap();
    let next = run["step"].as_u64().unwrap() + 1;
    let first =
        events.next_that(|event| event.name == "point" && event.json()["runId"] == again).await.json();
    assert_eq!(first["point"]["step"], next);
    let curves = http.get(&format!("/api/v1/runs/{again}/metrics")).await.expect(200);
    assert_eq!(curves["points"][0]["step"], 1, "the curve begins with that of the run before");
}

#[tokio::test]
async fn a_run_stopped_before_its_first_step_says_that_there_is_nothing_to_save() {
    let home = Home::new();
    let rows = many_rows(&home, 60);
    let (_attune, http) = home.serve();
    let mut events = http.events("/api/v1/events").await;
    // All rows in one batch: the eight steps of the check take a while.
    let id = started(&http, &json!({ "dataPath": rows, "batchSize": 64 })).await;
    in_phase(&mut events, &id, "checking").await;
    http.post(&format!("/api/v1/runs/{id}/stop"), &json!({})).await.expect(202);
    let run = ended(&mut events, &id).await;
    assert_eq!((&run["status"], &run["adapterDigest"]), (&json!("cancelled"), &json!(null)), "{run}");
    assert!(run["errorMessage"].as_str().unwrap().contains("nothing to save"), "{run}");
    assert_eq!(run["resumable"], false);
}

#[tokio::test]
async fn only_a_running_run_can_be_stopped() {
    let home = Home::new();
    let source = small_source(&home);
    let (_attune, http) = home.serve();
    let mut events = http.events("/api/v1/events").await;
    let long = json!({ "databasePath": source, "epochs": 1000 });
    let first = started(&http, &long).await;
    let second = started(&http, &long).await;
    step_of(&mut events, &first, 1).await;
    let problem = http.post(&format!("/api/v1/runs/{second}/stop"), &json!({})).await.expect(409);
    assert_eq!((&problem["code"], &problem["hint"]), (&json!("conflict"), &json!("Cancel it.")));
    http.post(&format!("/api/v1/runs/{second}/cancel"), &json!({})).await.expect(202);
    let problem = http.post(&format!("/api/v1/runs/{second}/stop"), &json!({})).await.expect(409);
    assert!(problem["message"].as_str().unwrap().contains("cannot be stopped"), "{problem}");
    http.post("/api/v1/runs/run_01ARZ3NDEKTSV4RRFFQ69G5FAV/stop", &json!({})).await.expect(404);

    // Whoever stopped a run may still throw it away.
    http.post(&format!("/api/v1/runs/{first}/cancel"), &json!({})).await.expect(202);
    let run = ended(&mut events, &first).await;
    assert_eq!((&run["status"], &run["resumable"]), (&json!("cancelled"), &json!(false)), "{run}");
    let kept = home.data().join("runs").join(&first);
    assert!(kept.join("dataset.jsonl").exists() && !kept.join("checkpoint").exists());
}

#[tokio::test]
async fn what_cannot_be_gone_on_from_is_said() {
    let home = Home::new();
    let source = small_source(&home);
    let (_attune, http) = home.serve();
    let mut events = http.events("/api/v1/events").await;
    let done = started(&http, &json!({ "databasePath": source, "epochs": 1 })).await;
    assert_eq!(ended(&mut events, &done).await["resumable"], false);
    let problem = http.post("/api/v1/runs", &json!({ "resumeFrom": done })).await.expect(409);
    assert!(problem["message"].as_str().unwrap().contains("no checkpoint"), "{problem}");
    let unknown = json!({ "resumeFrom": "run_01ARZ3NDEKTSV4RRFFQ69G5FAV" });
    http.post("/api/v1/runs", &unknown).await.expect(404);

    let run = stopped(&http, &mut events, &json!({ "databasePath": source, "epochs": 1000 })).await;
    for (field, value) in [("epochs", json!(3)), ("dropout", json!(0.0)), ("dataPath", json!(source))] {
        let problem =
            http.post("/api/v1/runs", &json!({ "resumeFrom": run["id"], field: value })).await.expect(422);
        assert_eq!(problem["field"], field, "{problem}");
    }
}

#[tokio::test]
async fn a_run_that_is_gone_on_from_can_be_deleted() {
    let home = Home::new();
    let rows = many_rows(&home, 60);
    let (_attune, http) = home.serve();
    let mut events = http.events("/api/v1/events").await;
    let wanted = json!({ "dataPath": rows, "epochs": 3, "batchSize": 2 });
    let run = stopped(&http, &mut events, &wanted).await;
    // Something else runs, so that the run that goes on still waits when the other is deleted.
    let long = started(&http, &json!({ "dataPath": rows, "epochs": 1000 })).await;
    let next = started(&http, &json!({ "resumeFrom": run["id"] })).await;
    http.delete(&format!("/api/v1/runs/{}", run["id"].as_str().unwrap())).await.expect(200);
    http.post(&format!("/api/v1/runs/{long}/cancel"), &json!({})).await.expect(202);
    let next = ended(&mut events, &next).await;
    assert_eq!((&next["status"], &next["stopped"]), (&json!("completed"), &json!(null)), "{next}");
    assert_eq!(next["step"], next["totalSteps"]);
    assert_eq!(next["heldOut"], run["heldOut"]);
}

#[tokio::test]
async fn a_run_does_not_go_on_with_another_base() {
    let home = Home::new();
    let source = small_source(&home);
    let base = own_base(&home);
    let (_attune, http) = home.serve();
    let mut events = http.events("/api/v1/events").await;
    let wanted = json!({ "databasePath": source, "epochs": 1000, "baseModel": base });
    let run = stopped(&http, &mut events, &wanted).await;
    let weights = base.join("model.safetensors");
    let mut bytes = std::fs::read(&weights).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&weights, bytes).unwrap();
    let next = started(&http, &json!({ "resumeFrom": run["id"] })).await;
    let next = ended(&mut events, &next).await;
    assert_eq!(next["status"], "failed", "{next}");
    let why = next["errorMessage"].as_str().unwrap();
    assert!(
        why.contains("not the one that the run was trained on") && why.contains("Put the files"),
        "{why}"
    );
    // The base may be put back.
    assert_eq!(next["resumable"], true);

    std::fs::remove_file(&weights).unwrap();
    let problem = http.post("/api/v1/runs", &json!({ "resumeFrom": run["id"] })).await.expect(422);
    assert_eq!(problem["field"], "resumeFrom", "{problem}");
}

#[tokio::test]
async fn a_run_begins_with_the_adapter_of_another() {
    let home = Home::new();
    let source = small_source(&home);
    let (_attune, http) = home.serve();
    let mut events = http.events("/api/v1/events").await;
    let first =
        json!({ "databasePath": source, "method": "lora", "loraRank": 4, "epochs": 20, "batchSize": 4 });
    let first = started(&http, &first).await;
    let first = ended(&mut events, &first).await;
    assert_eq!(first["status"], "completed", "{first}");
    let folder = first["runDirectory"].as_str().unwrap();
    let wanted = json!({ "databasePath": source, "startFrom": folder, "epochs": 1, "batchSize": 4 });
    let second = started(&http, &wanted).await;
    let second = ended(&mut events, &second).await;
    assert_eq!(second["status"], "completed", "{second}");
    assert_eq!((&second["method"], &second["settings"]["loraRank"]), (&json!("lora"), &json!(4)));
    assert_eq!((&second["startedFrom"], &second["resumedFrom"]), (&json!(folder), &json!(null)));
    let losses = |metrics: Value| metrics["points"][0]["loss"].as_f64().unwrap();
    let id = |run: &Value| format!("/api/v1/runs/{}/metrics", run["id"].as_str().unwrap());
    let before = losses(http.get(&id(&first)).await.expect(200));
    let after = losses(http.get(&id(&second)).await.expect(200));
    assert!(after < before * 0.9, "it begins at {after}, the other began at {before}");

    for (field, value) in
        [("loraRank", json!(8)), ("method", json!("soft-prompt")), ("initialText", json!("a"))]
    {
        let mut other = wanted.clone();
        other[field] = value;
        assert_eq!(http.post("/api/v1/runs", &other).await.expect(422)["field"], field);
    }
    // A folder of PEFT's has no record; its base is the one that is named.
    let foreign = json!({ "databasePath": source, "startFrom": tiny_t5("peft_lora"), "baseModel": tiny_t5(""),
        "epochs": 1, "skipSelfCheck": true });
    let foreign = started(&http, &foreign).await;
    assert_eq!(ended(&mut events, &foreign).await["status"], "completed");
    let missing = json!({ "databasePath": source, "startFrom": home.path("missing") });
    assert_eq!(http.post("/api/v1/runs", &missing).await.expect(422)["field"], "startFrom");
}
