//! One owner per data folder: whoever comes later is its client, or is told where it is.

use serde_json::{Value, json};

use crate::api::{ended, small_source};
use crate::support::Home;

#[tokio::test]
async fn a_command_beside_a_server_goes_through_it() {
    let home = Home::new();
    let source = small_source(&home);
    let (attune, http) = home.serve();
    let trained = home.run(["train", "--db-path", &source, "--epochs", "1", "--json"]);
    assert_eq!(trained.code, Some(0), "{trained:?}");
    let run: Value = serde_json::from_str(&trained.stdout).unwrap();
    assert_eq!(http.get("/api/v1/runs").await.expect(200), json!([run]));
    let status = http.get("/api/v1/status").await.expect(200);
    assert_eq!(
        (&status["owner"]["kind"], &status["owner"]["processId"]),
        (&json!("server"), &json!(attune.process_id()))
    );
    let asked = home.run(["generate", "Repeat: hello"]);
    assert_eq!(asked.code, Some(0), "{asked:?}");
}

#[test]
fn without_arguments_and_display_it_serves_its_page() {
    let home = Home::new();
    let attune = home.start(std::iter::empty::<&str>());
    let address = attune.address();
    assert!(address.starts_with("http://127.0.0.1:"), "{address}");
    let finished = attune.interrupt();
    assert_eq!(finished.code, Some(0), "{finished:?}");
    assert_eq!(finished.stderr.lines().count(), 2, "two sentences, no noise: {finished:?}");
    assert!(finished.stderr.contains("No display"), "{finished:?}");
}

#[test]
fn of_two_commands_at_once_one_owns_the_folder_and_stays_for_the_run_of_the_other() {
    let home = Home::new();
    let source = small_source(&home);
    let train = |name: &str| home.start(["train", "--db-path", &source, "--run-id", name, "--epochs", "5"]);
    let commands = ["first", "second", "third"].map(train);
    for command in commands {
        let finished = command.wait();
        assert_eq!(finished.code, Some(0), "{finished:?}");
        assert!(finished.stdout.contains("Trained on 4 rows"), "{finished:?}");
    }
}

#[test]
fn a_second_server_ends_with_the_address_of_the_first() {
    let home = Home::new();
    let (_attune, http) = home.serve();
    let second = home.run(["serve", "--port", "0"]);
    assert_eq!(second.code, Some(4), "{second:?}");
    assert!(second.stderr.contains(&http.address()), "{second:?}");
}

#[test]
fn the_socket_of_a_killed_owner_is_in_nobodys_way() {
    let home = Home::new();
    let (attune, _) = home.serve();
    attune.kill();
    assert!(home.data().join("owner.sock").exists(), "the kill left it behind");
    let (_second, _) = home.serve();
}

#[tokio::test]
async fn a_server_that_is_told_to_end_leaves_an_interrupted_run_and_no_worker() {
    let home = Home::new();
    let source = small_source(&home);
    let id = {
        let (attune, http) = home.serve();
        let mut events = http.events("/api/v1/events").await;
        let run =
            http.post("/api/v1/runs", &json!({ "databasePath": source, "epochs": 1000 })).await.expect(202);
        events.next_that(|event| event.name == "point").await;
        let finished = attune.interrupt();
        assert_eq!(finished.code, Some(0), "{finished:?}");
        run["id"].as_str().unwrap().to_owned()
    };
    let (_attune, http) = home.serve();
    let run = http.get(&format!("/api/v1/runs/{id}")).await.expect(200);
    assert_eq!(run["status"], "interrupted", "{run}");
}

#[tokio::test]
async fn a_command_whose_owner_is_killed_sees_its_waiting_run_through() {
    let home = Home::new();
    let source = small_source(&home);
    let (server, http) = home.serve();
    let mut events = http.events("/api/v1/events").await;
    let long = json!({ "databasePath": source, "epochs": 1000 });
    let long = http.post("/api/v1/runs", &long).await.expect(202);
    events.next_that(|event| event.name == "point").await;
    let waiting = home.start(["train", "--db-path", &source, "--epochs", "1", "--run-id", "patient"]);
    events.next_that(|event| event.name == "run" && event.json()["run"]["runIdentifier"] == "patient").await;
    server.kill();
    let finished = waiting.wait();
    assert_eq!(finished.code, Some(0), "{finished:?}");
    assert!(finished.stdout.contains("Trained on 4 rows"), "{finished:?}");

    let (_attune, http) = home.serve();
    let killed = http.get(&format!("/api/v1/runs/{}", long["id"].as_str().unwrap())).await.expect(200);
    assert_eq!(killed["status"], "interrupted");
    assert!(killed["step"].as_u64().unwrap() > 0, "{killed}");
    assert_eq!(killed["totalSteps"], 4000, "{killed}");
}

#[tokio::test]
async fn a_queue_that_a_server_left_is_worked_off_by_the_next() {
    let home = Home::new();
    let source = small_source(&home);
    let id = {
        let (attune, http) = home.serve();
        http.post("/api/v1/runs", &json!({ "databasePath": source, "epochs": 1000 })).await.expect(202);
        let waiting =
            http.post("/api/v1/runs", &json!({ "databasePath": source, "epochs": 1 })).await.expect(202);
        attune.kill();
        waiting["id"].as_str().unwrap().to_owned()
    };
    let (_attune, http) = home.serve();
    let mut events = http.events("/api/v1/events").await;
    assert_eq!(ended(&mut events, &id).await["status"], "completed");
}
