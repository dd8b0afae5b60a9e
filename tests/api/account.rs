//! What Attune tells of itself: its log, the room it takes, what the doctor finds, whether it listens.

use serde_json::{Value, json};

use super::{ended, small_source, started};
use crate::support::Home;

#[tokio::test]
async fn the_log_is_read_newest_first_and_narrowed_by_level_text_and_request() {
    let home = Home::new();
    let (_attune, http) = home.serve();
    http.get("/api/v1/status").await.expect(200);
    let headers = [("content-type", "application/json")];
    let failing = http.send("POST".parse().unwrap(), "/api/v1/runs/none/stop", &headers, "").await;
    failing.expect(404);
    let id = failing.header("x-request-id").expect("an answer has an id").to_owned();

    let days = http.get("/api/v1/logs").await.expect(200);
    let day = days[0]["day"].as_str().expect("today has a log").to_owned();
    let read = async |query: &str| {
        http.get(&format!("/api/v1/logs/{day}{query}")).await.expect(200)["entries"]
            .as_array()
            .expect("a page has entries")
            .clone()
    };
    let all = read("").await;
    let moments: Vec<&str> = all.iter().filter_map(|entry| entry["at"].as_str()).collect();
    assert!(moments.len() >= 2 && moments.is_sorted_by(|later, earlier| later >= earlier), "{moments:?}");
    let of_request = read(&format!("?requestId={id}")).await;
    assert!(of_request.iter().all(|entry| entry["requestId"] == json!(id)) && !of_request.is_empty());
    assert!(of_request[0]["text"].as_str().unwrap().contains("/api/v1/runs/none/stop"), "{of_request:?}");
    assert_eq!(read("?text=RUNS/NONE/STOP").await, of_request);
    assert_eq!(read("?level=error").await, Vec::<Value>::new());
    assert!(
        read("?text=/api/v1/logs").await.is_empty(),
        "reading the log must not fill it: {:?}",
        read("").await
    );

    // What limits a page is where the next one goes on.
    let first = http.get(&format!("/api/v1/logs/{day}?limit=1")).await.expect(200);
    let next = first["next"].as_u64().expect("there is more");
    let second = http.get(&format!("/api/v1/logs/{day}?limit=1&before={next}")).await.expect(200);
    assert_eq!((&first["entries"][0], &second["entries"][0]), (&all[0], &all[1]));
}

#[tokio::test]
async fn nothing_but_the_log_of_a_day_is_read() {
    let home = Home::new();
    let (_attune, http) = home.serve();
    for day in ["..%2Fattune.db", "%2e%2e%2fowner.lock", "2026-11-2x", "1999-01-01", "attune.2026-11-21.log"]
    {
        let problem = http.get(&format!("/api/v1/logs/{day}")).await.expect(404);
        assert_eq!(problem["code"], "not_found", "{day}: {problem}");
    }
    let problem = http.get("/api/v1/logs/2026-11-21?level=loud").await.expect(422);
    assert_eq!(problem["code"], "invalid");
}

#[tokio::test]
async fn the_room_that_a_run_takes_is_told_by_kind() {
    let home = Home::new();
    let source = small_source(&home);
    let (_attune, http) = home.serve();
    let bytes = async |kind: &str| {
        let storage = http.get("/api/v1/storage").await.expect(200);
        assert!(storage["freeBytes"].as_u64().is_some_and(|free| free > 0), "{storage}");
        let stored = storage["stored"].as_array().into_iter().flatten();
        let found = stored.into_iter().find(|stored| stored["kind"] == kind).cloned();
        found.expect("every kind is listed")["bytes"].as_u64().expect("bytes are a number")
    };
    assert_eq!((bytes("runs").await, bytes("adapters").await), (0, 0));
    let mut events = http.events("/api/v1/events").await;
    let id = started(&http, &json!({ "databasePath": source, "epochs": 1 })).await;
    assert_eq!(ended(&mut events, &id).await["status"], "completed");
    assert!(bytes("runs").await > 0 && bytes("adapters").await > 1000 && bytes("database").await > 4096);
}

#[tokio::test]
async fn the_doctor_says_the_same_by_the_api_as_in_a_terminal() {
    let home = Home::new();
    let (_attune, http) = home.serve();
    let findings = http.get("/api/v1/doctor").await.expect(200);
    let said = home.run(["doctor", "--json"]);
    let said: Value = serde_json::from_str(&said.stdout).expect("the doctor says JSON");
    let without_numbers = |findings: &Value| -> Vec<Value> {
        // The room on the disk and in memory changes between two looks.
        let still = |finding: &&Value| !["disk", "memory"].contains(&finding["check"].as_str().unwrap_or(""));
        findings.as_array().into_iter().flatten().filter(still).cloned().collect()
    };
    assert_eq!(without_numbers(&findings), without_numbers(&said));
    assert_eq!(findings.as_array().map(Vec::len), said.as_array().map(Vec::len));
}

#[tokio::test]
async fn a_server_says_where_it_listens_and_has_no_switch() {
    let home = Home::new();
    let (_attune, http) = home.serve();
    let listener = http.get("/api/v1/listener").await.expect(200);
    assert_eq!((&listener["owner"], &listener["address"]), (&json!("server"), &json!(http.address())));
    let problem = http.put("/api/v1/listener", &json!({ "enabled": false })).await.expect(409);
    assert!(problem["message"].as_str().unwrap().contains("attune serve"), "{problem}");
    http.get("/api/v1/status").await.expect(200);
}

#[tokio::test]
async fn a_server_without_an_option_takes_the_port_of_the_settings() {
    let home = Home::new();
    let mut command = home.command(["serve"]);
    command.env("ATTUNE_LISTENER_PORT", "0");
    let (_attune, http) = home.serve_as(command);
    assert_eq!(http.get("/api/v1/listener").await.expect(200)["port"], json!(0));
}
