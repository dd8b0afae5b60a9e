//! A worker that the system gives no more memory.

use serde_json::json;

use super::child_of;
use crate::api::{ended, many_rows, started};
use crate::support::{Home, until};

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_worker_that_gets_no_more_memory_is_a_failed_run_that_says_what_to_do() {
    let home = Home::new();
    let (attune, http) = home.serve();
    let mut events = http.events("/api/v1/events").await;
    let wanted = json!({ "dataPath": many_rows(&home, 60), "outputDir": home.path("out"), "epochs": 1000,
        "runIdentifier": "hungry" });
    let id = started(&http, &wanted).await;
    let found =
        until(|| async { child_of(attune.process_id()).ok_or_else(|| "there is no worker yet".to_owned()) });
    let worker = found.await.expect("the run has a worker").to_string();
    // From now on it may hold what it holds, and not a page more: the real refusal, of the real process.
    let limited = std::process::Command::new("prlimit").args(["--pid", &worker, "--as=1"]).status();
    assert!(limited.expect("prlimit is part of util-linux").success(), "the worker can be limited");

    let run = ended(&mut events, &id).await;
    assert_eq!(run["status"], "failed", "{run}");
    let words = run["errorMessage"].as_str().expect("a failed run says why");
    assert!(words.contains("ran out of memory: use a smaller batch size or fewer tokens"), "{words}");
    // Attune itself goes on.
    let after = json!({ "dataPath": many_rows(&home, 60), "outputDir": home.path("out"), "epochs": 1 });
    let id = started(&http, &after).await;
    assert_eq!(ended(&mut events, &id).await["status"], "completed");
}
