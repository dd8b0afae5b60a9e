//! Deleting runs: what goes, what stays, and where `latest` points afterwards.

use serde_json::json;

use super::{ended, small_source};
use crate::support::Home;

#[tokio::test]
async fn a_deleted_run_takes_its_files_along_and_leaves_latest_on_the_one_before() {
    let home = Home::new();
    let source = small_source(&home);
    for name in ["first", "second"] {
        let arguments =
            ["train", "--db-path", &source, "--output-dir", "out", "--run-id", name, "--epochs", "1"];
        assert_eq!(home.run(arguments).code, Some(0));
    }
    let mine = home.path("out/second/notes.txt");
    std::fs::write(&mine, "what I thought of it").unwrap();
    let (_attune, http) = home.serve();
    let mut events = http.events("/api/v1/events").await;
    let runs = http.get("/api/v1/runs").await.expect(200);
    assert_eq!(runs[0]["runIdentifier"], "second");
    let path = format!("/api/v1/runs/{}", runs[0]["id"].as_str().unwrap());

    let removed = http.delete(&path).await.expect(200);
    assert_eq!(removed["latestMovedTo"], "first");
    assert!(removed["freedBytes"].as_u64().unwrap() > 200_000, "{removed}");
    let event = events.next_that(|event| event.name == "removed").await.json();
    assert_eq!(event["runId"], runs[0]["id"]);
    http.get(&path).await.expect(404);
    http.delete(&path).await.expect(404);
    assert!(mine.is_file(), "what somebody else put there stays");
    assert_eq!(std::fs::read_dir(home.path("out/second")).unwrap().count(), 1);
    let latest = attune_engine::AdapterFolder::open(&home.path("out/latest")).unwrap();
    assert_eq!(latest.record().run_directory, "first");

    let path = format!("/api/v1/runs/{}", runs[1]["id"].as_str().unwrap());
    let removed = http.delete(&path).await.expect(200);
    assert_eq!(removed["latestMovedTo"], json!(null));
    assert!(!home.path("out/first").exists() && home.path("out/latest").symlink_metadata().is_err());
    assert_eq!(std::fs::read_dir(home.data().join("runs")).unwrap().count(), 0);
}

#[tokio::test]
async fn an_active_run_cannot_be_deleted() {
    let home = Home::new();
    let source = small_source(&home);
    let (_attune, http) = home.serve();
    let mut events = http.events("/api/v1/events").await;
    let run = http.post("/api/v1/runs", &json!({ "databasePath": source, "epochs": 1000 })).await.expect(202);
    let path = format!("/api/v1/runs/{}", run["id"].as_str().unwrap());
    let problem = http.delete(&path).await.expect(409);
    assert_eq!(problem["code"], "conflict");
    http.post(&format!("{path}/cancel"), &json!({})).await.expect(202);
    ended(&mut events, run["id"].as_str().unwrap()).await;
    http.delete(&path).await.expect(200);
}
