//! A chat model in a GGUF file writes examples: the way from the file to the rows.

use serde_json::{Value, json};

use super::generation::{examples, generated};
use crate::support::Home;

/// The tiny model of the fixtures with a context of a normal size: its own 256 tokens hold no conversation.
fn chat_model(home: &Home) -> String {
    let fixture =
        std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/chat_models/tiny_llama.gguf");
    let mut bytes = std::fs::read(fixture).expect("the fixture is there");
    let key = b"llama.context_length";
    let found = bytes.windows(key.len()).position(|window| window == key).expect("it has a context length");
    // Behind the name stand four bytes of the type and four of the value.
    let value = found + key.len() + 4;
    bytes[value..value + 4].copy_from_slice(&4096_u32.to_le_bytes());
    let path = home.path("model.gguf");
    std::fs::write(&path, bytes).expect("a file in the test's own folder");
    path.to_str().expect("temporary folders have plain names").to_owned()
}

#[tokio::test]
async fn a_chat_model_in_a_file_writes_each_example_alone_and_beside_the_bundled_base() {
    let home = Home::new();
    let (_attune, http) = home.serve();
    let chat = json!({ "kind": "local_chat", "file": chat_model(&home) });
    let wanted = |generators: Value| json!({ "numExamples": 2, "seed": 4, "maxNewTokens": 16, "generators": generators });

    let batch = generated(&http, wanted(json!([chat]))).await;
    assert_eq!((&batch["status"], &batch["errorMessage"]), (&json!("completed"), &json!(null)), "{batch}");
    assert_eq!(batch["tallies"]["failures"], json!({}), "{batch}");
    let rows = examples(&http, &format!("batch={}", batch["id"].as_str().unwrap())).await;
    for row in &rows {
        let provenance = &row["provenance"];
        let generator = &provenance["generator"];
        assert_eq!(
            (&generator["kind"], &generator["name"]),
            (&json!("local_chat"), &json!("tiny llama")),
            "{row}"
        );
        assert!(generator["baseDigest"].as_str().unwrap().starts_with("sha256:"), "{row}");
        let asked = row["input"].as_str().unwrap();
        assert!(provenance["prompt"].as_str().unwrap().contains(asked), "the very prompt: {row}");
        assert!(row["quality"].is_number(), "{row}");
    }

    let again = generated(&http, wanted(json!([chat]))).await;
    let texts = |rows: &[Value]| -> Vec<Value> { rows.iter().map(|row| row["output"].clone()).collect() };
    let second = examples(&http, &format!("batch={}", again["id"].as_str().unwrap())).await;
    assert_eq!(texts(&rows), texts(&second), "a seed decides its texts");

    let base = json!({ "kind": "local_t5", "baseModel": "attune-mini" });
    let both = generated(&http, wanted(json!([chat, base]))).await;
    assert_eq!(both["generators"].as_array().unwrap().len(), 2, "{both}");
    assert_eq!((&both["status"], &both["tallies"]["attempts"]), (&json!("completed"), &json!(2)), "{both}");
}

#[tokio::test]
async fn a_file_that_is_no_chat_model_fails_the_batch_with_what_is_wrong_with_it() {
    let home = Home::new();
    let (_attune, http) = home.serve();
    let path = home.path("notes.gguf");
    std::fs::write(&path, "no model").expect("a file in the test's own folder");
    let wanted = json!({ "numExamples": 1, "generators": [{ "kind": "local_chat", "file": path }] });
    let batch = generated(&http, wanted).await;
    assert_eq!((&batch["status"], &batch["tallies"]["attempts"]), (&json!("failed"), &json!(0)), "{batch}");
    assert!(batch["errorMessage"].as_str().unwrap().contains("notes.gguf"), "{batch}");
}
