//! A tuning that begins by itself, where the settings want one.

use serde_json::{Value, json};

use super::ended;
use super::generation::{examples, generated};
use crate::support::{Home, Http};

/// Texts so short that fifty take seconds; few of them are good enough, so they are accepted by hand.
fn many(subject: &str, number: u32) -> Value {
    json!({ "subject": subject, "numExamples": number, "seed": 2, "candidates": 1, "maxNewTokens": 16 })
}

async fn readiness(http: &Http, subject: &str) -> Value {
    http.get(&format!("/api/v1/readiness?subject={subject}")).await.expect(200)
}

/// Writes other texts into so many examples, which accepts them.
async fn accept(http: &Http, subject: &str, number: usize) {
    let rows = examples(http, &format!("subject={subject}&limit=200")).await;
    let open = rows.iter().filter(|row| row["status"] != "accepted").take(number);
    for (count, row) in open.enumerate() {
        let path = format!("/api/v1/examples/{}/review", row["id"].as_str().expect("an id"));
        let edit = json!({ "decision": "edit", "output": format!("It rained for {count} days.") });
        http.post(&path, &edit).await.expect(200);
    }
}

#[tokio::test]
async fn the_fiftieth_accepted_example_begins_a_tuning_if_the_settings_want_that_and_only_once() {
    let home = Home::new();
    let (_attune, http) = home.serve();
    generated(&http, many("ada", 56)).await;
    let accepted = readiness(&http, "ada").await["accepted"].as_u64().unwrap() as usize;
    accept(&http, "ada", 50 - accepted).await;
    let ready = readiness(&http, "ada").await;
    assert_eq!(
        (&ready["level"], &ready["lastTuning"]),
        (&json!("ready"), &json!(null)),
        "it is off at first"
    );

    let wanted = json!({ "automaticTuningEnabled": true, "trainingMethod": "lora" });
    http.put("/api/v1/settings", &wanted).await.expect(200);
    let mut events = http.events("/api/v1/events").await;
    accept(&http, "ada", 1).await;
    let ready = readiness(&http, "ada").await;
    assert_eq!((&ready["newExamples"], &ready["accepted"]), (&json!(0), &json!(51)), "{ready}");
    let run = ended(&mut events, ready["lastTuning"]["run"].as_str().unwrap()).await;
    assert_eq!(
        (&run["runIdentifier"], &run["method"], &run["status"]),
        (&json!("zega-ada"), &json!("lora"), &json!("completed")),
        "{run}"
    );

    accept(&http, "ada", 5).await;
    let runs = http.get("/api/v1/runs").await.expect(200);
    assert_eq!(runs.as_array().unwrap().len(), 1, "five more are no fifty: {runs}");
}

#[tokio::test]
async fn a_batch_that_brings_the_fiftieth_begins_a_tuning_at_its_end() {
    let home = Home::new();
    let (_attune, http) = home.serve();
    generated(&http, many("ada", 60)).await;
    let accepted = readiness(&http, "ada").await["accepted"].as_u64().unwrap() as usize;
    accept(&http, "ada", 49 - accepted).await;
    http.put("/api/v1/settings", &json!({ "automaticTuningEnabled": true })).await.expect(200);

    let mut wanted = json!({ "subject": "ada", "numExamples": 1, "untilKept": true, "genres": ["horror"] });
    wanted["seed"] = json!(4);
    let batch = generated(&http, wanted).await;
    assert_eq!(batch["tallies"]["kept"], 1, "{batch}");
    let ready = readiness(&http, "ada").await;
    assert_eq!((&ready["newExamples"], &ready["accepted"]), (&json!(0), &json!(50)), "{ready}");
    let run = ready["lastTuning"]["run"].as_str().unwrap();
    assert_eq!(http.get(&format!("/api/v1/runs/{run}")).await.expect(200)["samplesUsed"], 50);
}
