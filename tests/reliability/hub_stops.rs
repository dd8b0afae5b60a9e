//! Fetches that are stopped, and those that a full disk does not let begin.

use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use serde_json::json;

use super::local_hub::{Fate, LocalHub, WEIGHTS, cached, hold_after, tiny_t5};
use crate::support::{Home, Http};

const ID: &str = "some/tiny-t5";

#[tokio::test]
async fn a_fetch_is_cancelled_while_the_hub_is_silent_and_goes_on_from_there_later() {
    let home = Home::new();
    let hub = LocalHub::start([(ID, tiny_t5())]);
    let (hold, is_reached, _never_goes_on) = hold_after(40_000);
    hub.expect([hold]);
    let (_attune, http) = home.serve_as(hub.command(&home, &["serve", "--port", "0"]));
    let wanted = json!({ "hubId": ID });
    http.post("/api/v1/bases/fetch", &wanted).await.expect(202);
    is_reached.recv().expect("the hub sends a part");
    let small: usize =
        tiny_t5().iter().filter(|(name, _)| *name != WEIGHTS).map(|(_, file)| file.len()).sum();
    let reached = newest(&http, |fetch| fetch["bytesDone"] == json!(small + 40_000)).await;
    assert_eq!(reached["status"], "fetching", "{reached}");
    http.post("/api/v1/bases/fetches/cancel", &wanted).await.expect(202);
    let cancelled = newest(&http, |fetch| fetch["status"] != "fetching").await;
    assert_eq!((&cancelled["status"], &cancelled["errorMessage"]), (&json!("cancelled"), &json!(null)));
    let twice = http.post("/api/v1/bases/fetches/cancel", &wanted).await.expect(409);
    assert_eq!(twice["code"], "conflict");
    assert!(!cached(&home, ID).join("refs/main").exists(), "half a base is no base");

    http.post("/api/v1/bases/fetch", &wanted).await.expect(202);
    let completed = newest(&http, |fetch| fetch["status"] != "fetching").await;
    assert_eq!(completed["status"], "completed", "{completed}");
    assert_eq!(hub.seen_for_weights().last().unwrap().from, Some(40_000), "no byte comes twice");
}

/// The newest record of the only fetch that `is_wanted` accepts.
async fn newest(http: &Http, is_wanted: impl Fn(&serde_json::Value) -> bool) -> serde_json::Value {
    loop {
        let fetches = http.get("/api/v1/bases/fetches").await.expect(200);
        if is_wanted(&fetches[0]) {
            return fetches[0].clone();
        }
    }
}

#[test]
fn ctrl_c_stops_a_fetch_says_so_and_keeps_what_has_arrived() {
    let home = Home::new();
    let hub = LocalHub::start([(ID, tiny_t5())]);
    let (hold, is_reached, _never_goes_on) = hold_after(50_000);
    hub.expect([hold]);
    let mut command = hub.command(&home, &["models", "fetch", ID]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    is_reached.recv().expect("the hub sends two fifths");
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines().map_while(Result::ok);
    assert!(lines.any(|line| line.contains(WEIGHTS)), "it says what it is at");
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    let said: Vec<String> = lines.collect();
    assert_eq!(child.wait().unwrap().code(), Some(130), "{said:?}");
    let said = said.join("\n");
    assert!(said.contains("was stopped") && said.contains("goes on from there"), "{said}");
    let kept = fs::read_dir(cached(&home, ID).join("blobs")).unwrap().filter_map(Result::ok);
    assert!(kept.into_iter().any(|file| file.file_name().to_string_lossy().ends_with(".incomplete")));
    let (code, _, said) = hub.run(&home, &["models", "fetch", ID]);
    assert_eq!(code, Some(0), "{said}");
}

#[test]
fn a_fetch_that_the_disk_cannot_hold_does_not_begin() {
    let home = Home::new();
    let hub = LocalHub::start([(ID, tiny_t5())]);
    hub.claim_size(1 << 60);
    hub.expect([Fate::CutAfter(1)]);
    let (code, output, said) = hub.run(&home, &["models", "fetch", ID]);
    assert_eq!((code, output.as_str()), (Some(5), ""), "{said}");
    // 2^60 bytes, the small files and the reserve.
    assert!(said.contains("1099511627840") && said.contains("MiB are free"), "{said}");
    assert!(said.contains("Free some space"), "{said}");
    assert!(!hub.seen().iter().any(|seen| seen.path.contains("/resolve/")), "nothing was fetched");
}
