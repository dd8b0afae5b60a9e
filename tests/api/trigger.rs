//! The door for schedulers: trains from the settings, one run at a time.

use serde_json::json;

use super::{ended, many_rows};
use crate::support::Home;

const TRIGGER: &str = "/api/v1/admin/training/trigger";

#[tokio::test]
async fn without_a_source_the_trigger_says_what_to_set() {
    let home = Home::new();
    let (_attune, http) = home.serve();
    let problem = http.send("POST".parse().unwrap(), TRIGGER, &[], "").await.expect(422);
    assert!(problem["hint"].as_str().unwrap().contains("softPromptDatabasePath"), "{problem}");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_hundred_triggers_at_once_one_starts_a_run() {
    let home = Home::new();
    // A run that outlasts the triggers however slow the machine is: forty rows a thousand times.
    let source = many_rows(&home, 40);
    let (_attune, http) = home.serve();
    let mut events = http.events("/api/v1/events").await;
    http.put("/api/v1/settings", &json!({ "softPromptDatabasePath": source, "trainingEpochs": 1000 }))
        .await
        .expect(200);
    let triggers = (0..200).map(|_| {
        let http = http.clone();
        tokio::spawn(async move { http.send("POST".parse().unwrap(), TRIGGER, &[], "").await })
    });
    let mut statuses = Vec::new();
    let mut started = None;
    for trigger in triggers.collect::<Vec<_>>() {
        let answer = trigger.await.unwrap();
        statuses.push(answer.status);
        if answer.status == 202 {
            started = Some(answer.json()["id"].as_str().unwrap().to_owned());
        }
    }
    let count = |status: u16| statuses.iter().filter(|found| **found == status).count();
    assert_eq!((count(202), count(409)), (1, 199), "{statuses:?}");
    assert_eq!(http.get("/api/v1/runs").await.expect(200).as_array().unwrap().len(), 1);

    let started = started.unwrap();
    events.next_that(|event| event.name == "point").await;
    http.post(&format!("/api/v1/runs/{started}/cancel"), &json!({})).await.expect(202);
    ended(&mut events, &started).await;
    let next = http.send("POST".parse().unwrap(), TRIGGER, &[], "").await.expect(202);
    assert_ne!(next["id"], json!(started), "after the end of a run the next may start");
}
