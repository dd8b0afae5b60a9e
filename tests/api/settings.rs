//! Settings: merged, validated, kept.

use serde_json::json;

use crate::support::Home;

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
