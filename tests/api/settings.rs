//! Settings: merged, validated, kept, and told by what decides them.

use serde_json::{Value, json};

use crate::support::{Home, Http};

const SETTINGS: &str = "/api/v1/settings";

#[tokio::test]
async fn settings_merge_and_outlive_the_process() {
    let home = Home::new();
    let folder = home.path("model");
    std::fs::create_dir(&folder).unwrap();
    {
        let (attune, http) = home.serve();
        http.put(SETTINGS, &json!({ "softPromptModelDir": folder })).await.expect(200);
        let merged = http.put(SETTINGS, &json!({ "softPromptEnabled": true })).await.expect(200);
        assert_eq!(merged["softPromptModelDir"], json!(folder));
        assert_eq!(attune.interrupt().code, Some(0));
    }
    let (_attune, http) = home.serve();
    let kept = http.get(SETTINGS).await.expect(200);
    assert_eq!((&kept["softPromptEnabled"], &kept["softPromptModelDir"]), (&json!(true), &json!(folder)));
    let cleared = json!({ "softPromptEnabled": false, "softPromptModelDir": null });
    assert_eq!(http.put(SETTINGS, &cleared).await.expect(200)["softPromptModelDir"], json!(null));
}

#[tokio::test]
async fn a_setting_that_breaks_a_rule_is_refused_and_nothing_changes() {
    let home = Home::new();
    let (_attune, http) = home.serve();
    let before = http.get(SETTINGS).await.expect(200);
    for (change, field) in [
        (
            json!({ "trainingEpochs": 9, "softPromptConfidenceThreshold": 1.5 }),
            "softPromptConfidenceThreshold",
        ),
        (json!({ "softPromptEnabled": true }), "softPromptModelDir"),
        (
            json!({ "softPromptEnabled": true, "softPromptModelDir": home.path("missing") }),
            "softPromptModelDir",
        ),
        (json!({ "softPromptDatabasePath": "relative.db" }), "softPromptDatabasePath"),
        (json!({ "trainingMaxSamples": 0 }), "trainingMaxSamples"),
    ] {
        let problem = http.put(SETTINGS, &change).await.expect(422);
        assert_eq!(problem["field"], json!(field), "{change}: {problem}");
    }
    let unknown = http.put(SETTINGS, &json!({ "softPromptEnabeld": true })).await.expect(422);
    assert!(unknown["message"].as_str().unwrap().contains("softPromptEnabeld"), "{unknown}");
    assert_eq!(http.get(SETTINGS).await.expect(200), before);
}

#[tokio::test]
async fn each_value_is_told_with_what_decides_it_and_reset_gives_it_back() {
    let home = Home::new();
    std::fs::create_dir(home.data()).unwrap();
    std::fs::write(home.data().join(".env.local"), "ATTUNE_TRAINING_EPOCHS=5\nATTUNE_TRAINING_METHOD=lora\n")
        .unwrap();
    let mut command = home.command(["serve", "--port", "0"]);
    command.env("ATTUNE_TRAINING_METHOD", "soft-prompt").env("ATTUNE_TRAINING_MAX_SAMPLES", "many");
    let (_attune, http) = home.serve_as(command);

    let epochs = setting(&http, "trainingEpochs").await;
    assert_eq!((&epochs["value"], &epochs["source"]["kind"]), (&json!(5), &json!("environment")));
    let file = json!(home.data().join(".env.local"));
    assert_eq!(epochs["source"]["file"], file, "{epochs}");
    let method = setting(&http, "trainingMethod").await;
    assert_eq!((&method["value"], &method["source"]["file"]), (&json!("soft-prompt"), &json!(null)));
    let samples = setting(&http, "trainingMaxSamples").await;
    assert_eq!((&samples["value"], &samples["source"]["kind"]), (&json!(2000), &json!("default")));
    assert!(samples["refused"].as_str().unwrap().contains("ATTUNE_TRAINING_MAX_SAMPLES"), "{samples}");
    let port = setting(&http, "listenerPort").await;
    assert_eq!((&port["value"], &port["source"]["option"]), (&json!(0), &json!("--port")));

    // A program that sends back all it has read changes nothing and decides nothing.
    let read = http.get(SETTINGS).await.expect(200);
    http.put(SETTINGS, &read).await.expect(200);
    assert_eq!(setting(&http, "trainingEpochs").await, epochs);

    assert_eq!(http.put(SETTINGS, &json!({ "trainingEpochs": 9 })).await.expect(200)["trainingEpochs"], 9);
    let changed = setting(&http, "trainingEpochs").await;
    assert_eq!((&changed["value"], &changed["source"]["kind"]), (&json!(9), &json!("here")));
    assert_eq!((&changed["otherwise"], &changed["otherwiseSource"]["file"]), (&json!(5), &file));
    let reset = http.delete(&format!("{SETTINGS}/trainingEpochs")).await.expect(200);
    assert_eq!(reset["trainingEpochs"], json!(5));
    assert_eq!(setting(&http, "trainingEpochs").await, epochs);

    let unknown = http.delete(&format!("{SETTINGS}/trainingEpoch")).await.expect(404);
    assert!(unknown["message"].as_str().unwrap().contains("trainingEpoch"), "{unknown}");
}

#[tokio::test]
async fn a_reset_that_the_other_settings_do_not_allow_is_refused_by_its_field() {
    let home = Home::new();
    let (_attune, http) = home.serve();
    let folder = home.path("model");
    std::fs::create_dir(&folder).unwrap();
    let served = json!({ "softPromptEnabled": true, "softPromptModelDir": folder });
    http.put(SETTINGS, &served).await.expect(200);
    let problem = http.delete(&format!("{SETTINGS}/softPromptModelDir")).await.expect(422);
    assert_eq!(problem["field"], json!("softPromptModelDir"), "{problem}");
    assert_eq!(http.get(SETTINGS).await.expect(200)["softPromptModelDir"], json!(folder));
}

#[tokio::test]
async fn a_secret_is_told_to_be_there_and_nothing_more() {
    let home = Home::new();
    std::fs::create_dir(home.data()).unwrap();
    std::fs::write(home.data().join(".env.local"), "HF_TOKEN=hf_never_to_be_seen\n").unwrap();
    let (attune, http) = home.serve();
    let answer = http.get("/api/v1/settings/sources").await;
    let sources = answer.expect(200);
    let token = found(&sources["surroundings"], "hfToken");
    assert_eq!((&token["value"], &token["isHidden"]), (&json!(null), &json!(true)), "{token}");
    assert_eq!(token["source"]["variable"], json!("HF_TOKEN"));
    assert!(!answer.text().contains("never_to_be_seen"));
    let folder = found(&sources["surroundings"], "dataFolder");
    assert_eq!(folder["source"]["variable"], json!("ATTUNE_DATA_DIR"), "{folder}");

    // A file's secret is masked in the log as one of the process is.
    http.get("/api/v1/runs/hf_never_to_be_seen").await.expect(404);
    let days = http.get("/api/v1/logs").await.expect(200);
    let day = days[0]["day"].as_str().expect("today has a log");
    let log = http.get(&format!("/api/v1/logs/{day}?text=answered")).await;
    log.expect(200);
    assert!(log.text().contains("/api/v1/runs/[secret]"), "{}", log.text());
    assert!(!log.text().contains("never_to_be_seen") && !attune.said().contains("never_to_be_seen"));
}

async fn setting(http: &Http, name: &str) -> Value {
    found(&http.get("/api/v1/settings/sources").await.expect(200)["settings"], name)
}

fn found(list: &Value, name: &str) -> Value {
    let found = list.as_array().into_iter().flatten().find(|entry| entry["name"] == name);
    found.cloned().unwrap_or_else(|| panic!("{name} is not in {list}"))
}
