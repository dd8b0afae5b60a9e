//! A worker that the system gives no more memory.

use serde_json::json;

use super::child_of;
use crate::api::{ended, started, step_of};
use crate::support::Home;

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_worker_that_gets_no_more_memory_is_a_failed_run_that_says_what_to_do() {
    let home = Home::new();
    // Its buffers grow for the one long row, which comes late in the order that the seed makes.
    let row = |input: &str| format!("{}\n", json!({ "input": input, "output": "Turn it on." }));
    let short: String = (0..300).map(|number| row(&format!("Light {number}?"))).collect();
    let data = home.path("rows.jsonl");
    std::fs::write(&data, short + &row(&"light ".repeat(1000))).expect("rows in the test's own folder");
    let wanted = |epochs: u32, tokens: u32| {
        json!({ "dataPath": data, "outputDir": home.path("out"), "epochs": epochs, "batchSize": 1, "seed": 1,
            "sourceMaxTokens": tokens })
    };

    let (attune, http) = home.serve();
    let mut events = http.events("/api/v1/events").await;
    let id = started(&http, &wanted(1, 1024)).await;
    step_of(&mut events, &id, 3).await;
    let worker = child_of(attune.process_id()).expect("the worker of the run").to_string();
    // From now on it may hold what it holds, and not a page more: the real refusal, of the real process.
    let limited = std::process::Command::new("prlimit").args(["--pid", &worker, "--as=1"]).status();
    assert!(limited.expect("prlimit is part of util-linux").success(), "the worker can be limited");

    let run = ended(&mut events, &id).await;
    assert_eq!(run["status"], "failed", "{run}");
    let words = run["errorMessage"].as_str().expect("a failed run says why");
    assert!(words.contains("ran out of memory: use a smaller batch size or fewer tokens"), "{words}");
    // Attune itself goes on.
    let id = started(&http, &wanted(1, 32)).await;
    assert_eq!(ended(&mut events, &id).await["status"], "completed");
}
