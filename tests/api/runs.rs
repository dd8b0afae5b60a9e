//! Runs: queued, followed, read, cancelled.

use serde_json::json;

use super::{ended, own_base, small_source};
use crate::support::{AskAiRow, Home, ask_ai_database};

#[tokio::test]
async fn a_run_goes_from_its_row_to_a_published_adapter_with_its_curve() {
    let home = Home::new();
    let source = small_source(&home);
    let (_attune, http) = home.serve();
    let mut events = http.events("/api/v1/events").await;
    let output = home.path("out");
    let wanted = json!({ "databasePath": source, "outputDir": output, "epochs": 2, "batchSize": 2,
        "runIdentifier": "night", "seed": 7 });
    let queued = http.post("/api/v1/runs", &wanted).await.expect(202);
    assert_eq!(queued["status"], "queued");
    let id = queued["id"].as_str().unwrap();

    let point = events.next_that(|event| event.name == "point").await.json();
    assert_eq!(point["runId"], id);
    assert!(point["point"]["loss"].as_f64().unwrap() > 0.0);
    let run = ended(&mut events, id).await;
    assert_eq!(run["status"], "completed", "{run}");
    assert_eq!((&run["samplesUsed"], &run["step"], &run["totalSteps"]), (&json!(4), &json!(4), &json!(4)));
    assert!(run["finalLoss"].as_f64().unwrap() > 0.0);
    assert!(run["adapterDigest"].as_str().unwrap().starts_with("sha256:"));
    assert!(run["durationSeconds"].as_f64().unwrap() > 0.0);
    assert_eq!(http.get(&format!("/api/v1/runs/{id}")).await.expect(200), run);
    assert_eq!(
        http.get("/api/v1/admin/training/runs?limit=1").await.expect(200)[0]["runIdentifier"],
        "night"
    );

    let metrics = http.get(&format!("/api/v1/runs/{id}/metrics")).await.expect(200);
    let steps: Vec<_> =
        metrics["points"].as_array().unwrap().iter().map(|point| point["step"].as_u64()).collect();
    assert_eq!(steps, [1, 2, 3, 4].map(Some));

    let latest = attune_engine::AdapterFolder::open(&output.join("latest")).unwrap();
    assert_eq!(latest.record().run_directory, "night");
    assert_eq!(run["adapterDigest"], latest.digest().as_str());
}

#[tokio::test]
async fn a_repeated_request_is_the_same_run() {
    let home = Home::new();
    let source = small_source(&home);
    let (_attune, http) = home.serve();
    let wanted = json!({ "id": "run_01ARZ3NDEKTSV4RRFFQ69G5FAV", "databasePath": source, "epochs": 1 });
    http.post("/api/v1/runs", &wanted).await.expect(202);
    let again = http.post("/api/v1/runs", &wanted).await.expect(200);
    assert_eq!(again["id"], wanted["id"]);
    assert_eq!(http.get("/api/v1/runs").await.expect(200).as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn runs_wait_for_each_other_and_can_be_cancelled_in_the_queue_and_at_work() {
    let home = Home::new();
    let source = small_source(&home);
    let (_attune, http) = home.serve();
    let mut events = http.events("/api/v1/events").await;
    let long = json!({ "databasePath": source, "epochs": 1000 });
    let first = http.post("/api/v1/runs", &long).await.expect(202);
    let second = http.post("/api/v1/runs", &long).await.expect(202);
    events.next_that(|event| event.name == "point").await;
    let (first, second) = (first["id"].as_str().unwrap(), second["id"].as_str().unwrap());
    assert_eq!(http.get(&format!("/api/v1/runs/{second}")).await.expect(200)["status"], "queued");

    let cancelled = http.post(&format!("/api/v1/runs/{second}/cancel"), &json!({})).await.expect(202);
    assert_eq!(cancelled["status"], "cancelled");
    http.post(&format!("/api/v1/runs/{first}/cancel"), &json!({})).await.expect(202);
    let run = ended(&mut events, first).await;
    assert_eq!((&run["status"], &run["adapterDigest"]), (&json!("cancelled"), &json!(null)));
    let problem = http.post(&format!("/api/v1/runs/{first}/cancel"), &json!({})).await.expect(409);
    assert_eq!(problem["code"], "conflict");
    assert!(!home.data().join("adapters/source/latest").exists());
}

#[tokio::test]
async fn what_makes_a_run_impossible_is_said_before_there_is_a_row() {
    let home = Home::new();
    let source = small_source(&home);
    let empty = home.path("empty.db");
    ask_ai_database(&empty, &[AskAiRow::malformed("q"), AskAiRow::null("q")]);
    std::fs::create_dir_all(home.path("out/taken")).unwrap();
    std::fs::create_dir_all(home.path("real/latest")).unwrap();
    std::fs::write(home.path("file"), "x").unwrap();
    let (_attune, http) = home.serve();
    let cases = [
        (json!({}), "databasePath"),
        (json!({ "databasePath": home.path("missing.db") }), "databasePath"),
        (json!({ "databasePath": "source.db" }), "databasePath"),
        (json!({ "databasePath": empty }), "databasePath"),
        (json!({ "databasePath": source, "baseModel": "nobody/nothing" }), "baseModel"),
        (json!({ "databasePath": source, "epochs": 0 }), "epochs"),
        (json!({ "databasePath": source, "learningRate": -1.0 }), "learningRate"),
        (json!({ "databasePath": source, "outputDir": home.path("file").join("below") }), "outputDir"),
        (json!({ "databasePath": source, "outputDir": home.path("real") }), "outputDir"),
        (
            json!({ "databasePath": source, "outputDir": home.path("out"), "runDirectory": "taken" }),
            "runDirectory",
        ),
        (json!({ "databasePath": source, "runDirectory": "../elsewhere" }), "runDirectory"),
        (json!({ "databasePath": source, "id": "run_1" }), "id"),
    ];
    for (wanted, field) in cases {
        let answer = http.post("/api/v1/runs", &wanted).await;
        let problem = answer.expect(422);
        assert_eq!(answer.header("content-type"), Some("application/problem+json"));
        assert_eq!(
            (&problem["code"], &problem["field"]),
            (&json!("invalid"), &json!(field)),
            "{wanted}: {problem}"
        );
    }
    let unknown = http.post("/api/v1/runs", &json!({ "database": source })).await.expect(422);
    assert!(unknown["message"].as_str().unwrap().contains("database"), "{unknown}");
    assert_eq!(http.get("/api/v1/runs").await.expect(200), json!([]));
    assert_eq!(
        http.get("/api/v1/runs/run_01ARZ3NDEKTSV4RRFFQ69G5FAV").await.expect(404)["code"],
        "not_found"
    );
}

#[tokio::test]
async fn two_waiting_runs_never_claim_one_folder() {
    let home = Home::new();
    let source = small_source(&home);
    let (_attune, http) = home.serve();
    let wanted = json!({ "databasePath": source, "epochs": 1000, "runIdentifier": "same" });
    http.post("/api/v1/runs", &wanted).await.expect(202);
    let problem = http.post("/api/v1/runs", &wanted).await.expect(422);
    assert_eq!(problem["field"], "runDirectory", "{problem}");
}

#[tokio::test]
async fn a_base_that_is_damaged_fails_the_run_with_the_reason() {
    let home = Home::new();
    let source = small_source(&home);
    let base = own_base(&home);
    let weights = std::fs::read(base.join("model.safetensors")).unwrap();
    std::fs::write(base.join("model.safetensors"), &weights[..weights.len() / 2]).unwrap();
    let (_attune, http) = home.serve();
    let mut events = http.events("/api/v1/events").await;
    let run =
        http.post("/api/v1/runs", &json!({ "databasePath": source, "baseModel": base })).await.expect(202);
    let run = ended(&mut events, run["id"].as_str().unwrap()).await;
    assert_eq!(run["status"], "failed");
    assert!(run["errorMessage"].as_str().unwrap().contains(base.to_str().unwrap()), "{run}");
    assert!(!home.data().join("adapters/source/latest").exists());
}
