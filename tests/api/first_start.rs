//! Sample rows, and the first start.

use serde_json::json;

use super::{ended, small_source, started, step_of};
use crate::support::Home;

#[tokio::test]
async fn the_first_start_is_wanted_until_it_is_finished_and_that_outlives_the_process() {
    let home = Home::new();
    let (attune, http) = home.serve();
    let first = http.get("/api/v1/first-start").await.expect(200);
    assert_eq!((&first["wanted"], &first["runId"]), (&json!(true), &json!(null)), "{first}");
    assert_eq!(first["sample"]["name"], "butler");
    let finished = http.post("/api/v1/first-start/finish", &json!({})).await.expect(200);
    assert_eq!(finished["wanted"], false);
    attune.interrupt();
    let (_attune, http) = home.serve();
    assert_eq!(http.get("/api/v1/first-start").await.expect(200)["wanted"], false);
    http.get("/api/v1/settings").await.expect(200);
}

#[tokio::test]
async fn the_run_of_the_first_start_is_one_however_often_it_is_asked_for_and_found_again() {
    let home = Home::new();
    let (_attune, http) = home.serve();
    let mut events = http.events("/api/v1/events").await;
    let run = http.post("/api/v1/first-start/run", &json!({})).await.expect(202);
    let id = run["id"].as_str().unwrap().to_owned();
    let settings = (&run["baseModel"], &run["method"], &run["samplesUsed"], &run["heldOut"]);
    assert_eq!(settings, (&json!("attune-mini"), &json!("lora"), &json!(300), &json!(60)), "{run}");
    step_of(&mut events, &id, 1).await;
    let again = http.post("/api/v1/first-start/run", &json!({})).await.expect(200);
    assert_eq!(again["id"], json!(id));
    let first = http.get("/api/v1/first-start").await.expect(200);
    assert_eq!((&first["wanted"], &first["runId"]), (&json!(true), &json!(id)), "{first}");

    // Thrown away it can be begun anew; deleted it is forgotten.
    http.post(&format!("/api/v1/runs/{id}/cancel"), &json!({})).await.expect(202);
    ended(&mut events, &id).await;
    let second = http.post("/api/v1/first-start/run", &json!({})).await.expect(202);
    let second = second["id"].as_str().unwrap();
    assert_ne!(second, id);
    http.post(&format!("/api/v1/runs/{second}/cancel"), &json!({})).await.expect(202);
    ended(&mut events, second).await;
    for run in [id.as_str(), second] {
        http.delete(&format!("/api/v1/runs/{run}")).await.expect(200);
    }
    let first = http.get("/api/v1/first-start").await.expect(200);
    assert_eq!((&first["wanted"], &first["runId"]), (&json!(true), &json!(null)), "{first}");
}

#[tokio::test]
async fn who_has_trained_already_needs_no_first_start() {
    let home = Home::new();
    let source = small_source(&home);
    let (_attune, http) = home.serve();
    started(&http, &json!({ "dataPath": source, "epochs": 1 })).await;
    assert_eq!(http.get("/api/v1/first-start").await.expect(200)["wanted"], false);
}

#[tokio::test]
async fn a_sample_is_named_and_not_a_path() {
    let home = Home::new();
    let (_attune, http) = home.serve();
    let samples = http.get("/api/v1/samples").await.expect(200);
    let path = &samples[0]["path"];
    let inspected = http.post("/api/v1/sources/inspect", &json!({ "path": path })).await.expect(200);
    assert_eq!((&inspected["usable"], &inspected["notices"]), (&json!(300), &json!([])), "{inspected}");
    for (wanted, words) in [
        (json!({ "sample": "../butler" }), "there are no sample rows"),
        (json!({ "sample": "butler", "dataPath": path }), "names a source already"),
    ] {
        let problem = http.post("/api/v1/runs", &wanted).await.expect(422);
        assert_eq!(problem["field"], "sample", "{problem}");
        assert!(problem["message"].as_str().unwrap().contains(words), "{problem}");
    }
}
