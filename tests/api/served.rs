//! The adapter that the settings serve answers whoever names none.

use serde_json::{Value, json};

use super::small_source;
use crate::support::{Home, Http};

const SETTINGS: &str = "/api/v1/settings";

#[tokio::test]
async fn the_next_answer_follows_the_settings_and_latest() {
    let home = Home::new();
    let source = small_source(&home);
    for (folder, seed) in [("one", "1"), ("other", "2")] {
        let train = ["train", "--db-path", &source, "--output-dir", folder, "--seed", seed, "--epochs", "1"];
        assert_eq!(home.run(train).code, Some(0));
    }
    let (_attune, http) = home.serve();
    let of = async |question: Value| {
        let answer = http.post("/api/v1/generate", &question).await.expect(200);
        answer["adapterDigest"].as_str().map(str::to_owned)
    };
    let by_path = async |folder: &str| {
        of(json!({ "prompt": "a", "maxNewTokens": 1, "adapter": home.path(folder).join("latest") })).await
    };
    let (one, other) = (by_path("one").await, by_path("other").await);
    assert!(one.is_some() && one != other);

    let plain = || json!({ "prompt": "a", "maxNewTokens": 1 });
    assert_eq!(of(plain()).await, None, "nothing is served yet");
    set(&http, json!({ "softPromptModelDir": home.path("one") })).await;
    assert_eq!(of(plain()).await, None, "a folder alone serves nothing");
    set(&http, json!({ "softPromptEnabled": true })).await;
    assert_eq!(of(plain()).await, one);
    set(&http, json!({ "softPromptModelDir": home.path("other") })).await;
    assert_eq!(of(plain()).await, other, "the very next answer");
    assert_eq!(of(json!({ "prompt": "a", "maxNewTokens": 1, "adapter": null })).await, None);
    assert_eq!(of(json!({ "prompt": "a", "maxNewTokens": 1, "baseModel": "attune-mini" })).await, None);

    let asked = home.run(["generate", "a", "--max-new-tokens", "1"]);
    assert!(asked.stderr.contains(other.as_deref().unwrap()), "{asked:?}");
    let base = home.run(["generate", "a", "--max-new-tokens", "1", "--base-only"]);
    assert!(base.code == Some(0) && !base.stderr.contains("adapter"), "{base:?}");

    std::fs::create_dir(home.path("empty")).unwrap();
    set(&http, json!({ "softPromptModelDir": home.path("empty") })).await;
    let problem = http.post("/api/v1/generate", &plain()).await.expect(422);
    assert_eq!(problem["field"], "softPromptModelDir", "never the base in its place: {problem}");
    assert!(problem["hint"].as_str().unwrap().contains("--base-only"), "{problem}");
    set(&http, json!({ "softPromptEnabled": false })).await;
    assert_eq!(of(plain()).await, None);
}

async fn set(http: &Http, change: Value) {
    http.put(SETTINGS, &change).await.expect(200);
}
