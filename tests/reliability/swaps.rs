//! `latest` moves while questions come in.

use std::collections::HashSet;
use std::os::unix::fs::symlink;

use serde_json::json;

use crate::api::small_source;
use crate::support::{Home, Http};

const SWAPS: u32 = 100;

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_swaps_under_load_fail_no_answer_and_mix_none() {
    let home = Home::new();
    let source = small_source(&home);
    for (name, seed) in [("first", "1"), ("second", "2")] {
        let arguments =
            ["train", "--db-path", &source, "--output-dir", "out", "--run-id", name, "--seed", seed];
        assert_eq!(home.run(arguments).code, Some(0));
    }
    let (_attune, http) = home.serve();
    let mut known = HashSet::new();
    for name in ["first", "second"] {
        known.insert(ask(&http, &home.path("out").join(name)).await);
    }
    assert_eq!(known.len(), 2, "the two adapters must answer differently: {known:?}");

    let latest = home.path("out/latest");
    let (stop, stopped) = tokio::sync::watch::channel(false);
    let askers: Vec<_> = (0..4)
        .map(|_| {
            let (http, latest, stopped) = (http.clone(), latest.clone(), stopped.clone());
            tokio::spawn(async move {
                let mut answers = Vec::new();
                while !*stopped.borrow() {
                    answers.push(ask(&http, &latest).await);
                }
                answers
            })
        })
        .collect();
    let out = home.path("out");
    for swap in 0..SWAPS {
        let beside = out.join(".swap");
        symlink(if swap % 2 == 0 { "first" } else { "second" }, &beside).unwrap();
        std::fs::rename(&beside, &latest).unwrap();
        // One answer between two swaps at least, so that every swap is seen by somebody.
        assert!(known.contains(&ask(&http, &latest).await), "after swap {swap}");
    }
    stop.send(true).unwrap();
    let mut seen = HashSet::new();
    for asker in askers {
        seen.extend(asker.await.unwrap());
    }
    assert_eq!(seen, known, "every answer is one of the two, whole");
}

#[tokio::test]
async fn a_broken_adapter_is_refused_and_the_old_one_stays() {
    let home = Home::new();
    let source = small_source(&home);
    let train = ["train", "--db-path", &source, "--output-dir", "out", "--run-id", "good", "--epochs", "1"];
    assert_eq!(home.run(train).code, Some(0));
    let (_attune, http) = home.serve();
    let latest = home.path("out/latest");
    let good = ask(&http, &latest).await;

    let broken = home.path("out/broken");
    std::fs::create_dir(&broken).unwrap();
    for file in std::fs::read_dir(home.path("out/good")).unwrap() {
        let file = file.unwrap();
        std::fs::copy(file.path(), broken.join(file.file_name())).unwrap();
    }
    std::fs::write(broken.join("adapter_model.safetensors"), "torn").unwrap();
    symlink("broken", home.path("out/.swap")).unwrap();
    std::fs::rename(home.path("out/.swap"), &latest).unwrap();
    assert_eq!(ask(&http, &latest).await, good);
    let by_name = json!({ "prompt": "a", "adapter": broken });
    assert_eq!(http.post("/api/v1/generate", &by_name).await.expect(422)["field"], "adapter");
}

/// The digest of the adapter that answered, and what it said.
async fn ask(http: &Http, adapter: &std::path::Path) -> (String, String) {
    let question = json!({ "prompt": "Light for the office?", "adapter": adapter, "maxNewTokens": 8 });
    let answer = http.post("/api/v1/generate", &question).await.expect(200);
    let text = |field: &str| answer[field].as_str().expect("an answer has its text fields").to_owned();
    (text("adapterDigest"), text("text"))
}
