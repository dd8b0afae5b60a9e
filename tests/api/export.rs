//! Adapters for other programs.

use std::fs;

use serde_json::{Value, json};

use super::{small_source, tiny_t5};
use crate::support::Home;

#[tokio::test]
async fn a_merged_export_answers_as_base_and_adapter_do() {
    let home = Home::new();
    let (_attune, http) = home.serve();
    let output = home.path("exports/merged");
    let question = json!({
        "adapter": tiny_t5("peft_lora_everywhere"), "baseModel": tiny_t5(""), "output": output, "merged": true,
    });
    let exported = http.post("/api/v1/export", &question).await.expect(200);
    for name in ["config.json", "model.safetensors", "tokenizer.json"] {
        assert!(exported["files"].as_array().unwrap().contains(&json!(name)), "{exported}");
        assert!(output.join(name).is_file());
    }
    let mut different = 0;
    for prompt in ["vy lu jy jo jo", "hu va xi ni", "qa za"] {
        // Rounding to int8 rounds what was merged and what was not to different numbers.
        let ask = async |mut question: Value| {
            question["precision"] = json!("f32");
            http.post("/api/v1/generate", &question).await.expect(200)["text"].clone()
        };
        let both =
            json!({ "prompt": prompt, "adapter": tiny_t5("peft_lora_everywhere"), "baseModel": tiny_t5("") });
        let together = ask(both).await;
        assert_eq!(ask(json!({ "prompt": prompt, "baseModel": output })).await, together, "{prompt}");
        different += u32::from(ask(json!({ "prompt": prompt, "baseModel": tiny_t5("") })).await != together);
    }
    assert!(different > 0, "an adapter that changes no answer proves nothing");
    let again = http.post("/api/v1/export", &question).await.expect(422);
    assert_eq!(again["field"], "output", "nothing is overwritten: {again}");
}

#[test]
fn an_exported_run_is_complete_and_still_verified() {
    let home = Home::new();
    let source = small_source(&home);
    let train = ["train", "--db-path", &source, "--output-dir", "out", "--epochs", "1", "--json"];
    let trained = home.run(train);
    let run: Value = serde_json::from_str(&trained.stdout).unwrap();
    let exported = home.run(["export", "--adapter", "out/latest", "--output", "usb", "--json"]);
    assert_eq!(exported.code, Some(0), "{exported:?}");
    let said: Value = serde_json::from_str(&exported.stdout).unwrap();
    assert_eq!(said["adapterDigest"], run["adapterDigest"]);
    fs::remove_dir_all(home.path("out")).unwrap();
    for name in ["adapter_config.json", "adapter_model.safetensors", "tokenizer.json"] {
        assert!(home.path("usb").join(name).is_file(), "{name}");
    }
    let asked = home.run(["generate", "--adapter", "usb", "--json", "a"]);
    let answer: Value = serde_json::from_str(&asked.stdout).unwrap();
    assert_eq!(answer["adapterVerified"], json!(true), "its record went along");

    let merged = home.run(["export", "--adapter", "usb", "--output", "merged", "--merged"]);
    assert_eq!(merged.code, Some(3), "{merged:?}");
    assert!(merged.stderr.contains("a soft prompt cannot be merged"), "{merged:?}");
    assert!(!home.path("merged").exists());
    fs::write(home.path("file"), "mine").unwrap();
    for taken in ["usb", "file"] {
        let refused = home.run(["export", "--adapter", "usb", "--output", taken]);
        assert!(refused.code == Some(3) && refused.stderr.contains("is not empty"), "{refused:?}");
    }
    assert_eq!(fs::read_to_string(home.path("file")).unwrap(), "mine");
}
