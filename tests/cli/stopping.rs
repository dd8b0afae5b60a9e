//! Stopping and going on from a terminal.

use serde_json::Value;

use crate::api::{small_source, step_of};
use crate::support::{Home, Http};

/// A training under way that a server owns, seen by its events.
async fn under_way(http: &Http, name: &str) -> String {
    let mut events = http.events("/api/v1/events").await;
    let run = events
        .next_that(|event| event.name == "run" && event.json()["run"]["runIdentifier"] == name)
        .await
        .json();
    let id = run["run"]["id"].as_str().expect("a run has an id").to_owned();
    step_of(&mut events, &id, 2).await;
    id
}

#[tokio::test]
async fn ctrl_c_saves_what_was_learned_and_says_how_to_go_on() {
    let home = Home::new();
    let source = small_source(&home);
    let (_attune, http) = home.serve();
    let mut arguments = vec!["train", "--data", &source, "--run-id", "night", "--output-dir", "out"];
    arguments.extend(["--epochs", "300"]);
    let training = home.start(arguments);
    under_way(&http, "night").await;
    let finished = training.interrupt();
    assert_eq!(finished.code, Some(130), "{finished:?}");
    assert!(finished.stdout.contains("of 1200 steps"), "{finished:?}");
    assert!(finished.stdout.contains("attune train --resume-from night"), "{finished:?}");
    assert!(home.path("out/latest/adapter_model.safetensors").is_file());

    let resumed = home.run(["train", "--resume-from", "night", "--json"]);
    assert_eq!(resumed.code, Some(0), "{resumed:?}");
    let run: Value = serde_json::from_str(&resumed.stdout).unwrap();
    assert_eq!((&run["runIdentifier"], &run["step"]), (&"night-2".into(), &1200.into()), "{run}");
}

#[tokio::test]
async fn a_run_of_a_server_is_stopped_or_thrown_away_by_its_name() {
    let home = Home::new();
    let source = small_source(&home);
    let (_attune, http) = home.serve();
    let train =
        |name: &'static str| home.start(["train", "--data", &source, "--run-id", name, "--epochs", "1000"]);
    let training = train("first");
    under_way(&http, "first").await;
    let stopped = home.run(["stop", "first"]);
    assert_eq!(stopped.code, Some(0), "{stopped:?}");
    assert!(stopped.stdout.contains("--resume-from first"), "{stopped:?}");
    assert_eq!(training.wait().code, Some(130));
    let again = home.run(["stop", "first"]);
    assert_eq!(again.code, Some(4), "{again:?}");

    let training = train("second");
    let id = under_way(&http, "second").await;
    let stopped = home.run(["stop", &id, "--discard", "--json"]);
    assert_eq!(stopped.code, Some(0), "{stopped:?}");
    let run: Value = serde_json::from_str(&stopped.stdout).unwrap();
    assert_eq!((&run["status"], &run["resumable"]), (&"cancelled".into(), &false.into()), "{run}");
    assert_eq!(training.wait().code, Some(130));
}

#[test]
fn a_folder_is_gone_on_from_or_begun_with() {
    let home = Home::new();
    let source = small_source(&home);
    let trained =
        home.run(["train", "--data", &source, "--run-id", "first", "--output-dir", "out", "--epochs", "1"]);
    assert_eq!(trained.code, Some(0), "{trained:?}");
    let begun =
        home.run(["train", "--data", &source, "--resume-from", "out/latest", "--epochs", "1", "--json"]);
    assert_eq!(begun.code, Some(0), "{begun:?}");
    let run: Value = serde_json::from_str(&begun.stdout).unwrap();
    assert!(run["startedFrom"].as_str().unwrap().ends_with("out/latest"), "{run}");
    for (arguments, code, words) in [
        (["train", "--resume-from", "first"], 4, "no checkpoint"),
        (["train", "--resume-from", "nobody"], 3, "there is no run"),
        (["train", "--resume-from", "out/latest"], 3, "no rows"),
        (["stop", "nobody", "--discard"], 3, "there is no run"),
    ] {
        let finished = home.run(arguments);
        assert_eq!(finished.code, Some(code), "{arguments:?}: {finished:?}");
        assert!(finished.stderr.contains(words), "{arguments:?}: {finished:?}");
    }
}
