//! Adapter folders that Hugging Face PEFT made: used as they are, or refused by what cannot be honoured.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use super::tiny_t5;
use crate::support::Home;

const GENERATE: &str = "/api/v1/generate";

/// A copy of a fixture of PEFT's, with one setting changed.
pub(super) fn with_setting(home: &Home, fixture: &str, name: &str, value: Value) -> String {
    let folder = home.path(&format!("with-{name}"));
    fs::create_dir(&folder).expect("a folder in the test's own");
    for file in ["adapter_config.json", "adapter_model.safetensors"] {
        fs::copy(Path::new(&tiny_t5(fixture)).join(file), folder.join(file)).expect("the fixture is there");
    }
    let path = folder.join("adapter_config.json");
    let mut config: Value =
        serde_json::from_slice(&fs::read(&path).expect("it was just copied")).expect("PEFT writes JSON");
    config[name] = value;
    fs::write(path, config.to_string()).expect("a file in the test's own folder");
    folder.to_str().expect("test folders have plain names").to_owned()
}

#[tokio::test]
async fn a_folder_of_peft_answers_with_the_base_it_names_and_is_not_called_verified() {
    let home = Home::new();
    let (_attune, http) = home.serve();
    let prompt = "vy lu jy jo jo";
    let base = json!({ "prompt": prompt, "baseModel": tiny_t5(""), "maxNewTokens": 8 });
    let bare = http.post(GENERATE, &base).await.expect(200);
    assert_eq!(bare["adapterVerified"], json!(null));
    for fixture in ["peft_lora", "peft_lora_everywhere", "peft_the_rows", "peft_twice_the_rows"] {
        let named = with_setting(&home, fixture, "base_model_name_or_path", json!(tiny_t5("")));
        let question = json!({ "prompt": prompt, "adapter": named, "maxNewTokens": 8 });
        let answer = http.post(GENERATE, &question).await.expect(200);
        assert_eq!(answer["adapterVerified"], json!(false), "{fixture}");
        assert!(answer["adapterDigest"].as_str().unwrap().starts_with("sha256:"));
        assert_ne!(answer["text"], bare["text"], "{fixture} changes the answer");
        fs::remove_dir_all(named).unwrap();
    }
}

#[tokio::test]
async fn what_cannot_be_honoured_is_refused_by_its_name_with_a_way_out() {
    let home = Home::new();
    let (_attune, http) = home.serve();
    let settings = [
        ("use_dora", json!(true), "use_dora"),
        ("bias", json!("all"), "bias"),
        ("modules_to_save", json!(["lm_head"]), "modules_to_save"),
        ("rank_pattern", json!({ "q": 8 }), "rank_pattern"),
        ("target_modules", json!(["lm_head"]), "lm_head"),
        ("peft_type", json!("IA3"), "IA3"),
        ("lora_alpha", json!("many"), "adapter_config.json"),
    ];
    for (name, value, words) in settings {
        let folder = with_setting(&home, "peft_lora", name, value);
        let question = json!({ "prompt": "a", "adapter": folder, "baseModel": tiny_t5("") });
        let problem = http.post(GENERATE, &question).await.expect(422);
        assert_eq!(problem["field"], "adapter", "{problem}");
        assert!(problem["message"].as_str().unwrap().contains(words), "{name}: {problem}");
        assert!(problem["hint"].is_string(), "{problem}");
    }
    let other_base = json!({ "prompt": "a", "adapter": tiny_t5("peft_lora"), "baseModel": "attune-mini" });
    let problem = http.post(GENERATE, &other_base).await.expect(422);
    assert!(problem["hint"].as_str().unwrap().contains("--base-model"), "another shape: {problem}");
}

#[test]
fn a_base_that_is_not_here_and_a_pickle_are_said_with_the_command_that_helps() {
    let home = Home::new();
    let nameless = with_setting(&home, "peft_lora", "base_model_name_or_path", json!(null));
    let pickled = with_setting(&home, "peft_lora", "r", json!(4));
    fs::rename(
        Path::new(&pickled).join("adapter_model.safetensors"),
        Path::new(&pickled).join("adapter_model.bin"),
    )
    .unwrap();
    let named = with_setting(&home, "peft_lora", "revision", json!(null));
    let config = Path::new(&named).join("adapter_config.json");
    let text = fs::read_to_string(&config).unwrap();
    fs::write(config, text.replace("\"tiny_t5\"", "\"google/flan-t5-small\"")).unwrap();
    for (folder, said, way_out) in [
        (
            named.as_str(),
            "\"google/flan-t5-small\", which is not on this computer",
            "attune models fetch google/flan-t5-small",
        ),
        (nameless.as_str(), "names no base model", "--base-model"),
        (pickled.as_str(), "adapter_model.bin", "safe_serialization=True"),
    ] {
        let asked = home.run(["generate", "--adapter", folder, "a"]);
        assert_eq!(asked.code, Some(3), "{asked:?}");
        assert!(asked.stderr.contains(said) && asked.stderr.contains(way_out), "{asked:?}");
    }
    let with_base = ["generate", "--adapter", &nameless, "--base-model", &tiny_t5(""), "vy lu"];
    let asked = home.run(with_base);
    assert!(asked.code == Some(0) && asked.stderr.contains("not verified"), "{asked:?}");
}
