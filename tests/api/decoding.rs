//! How answers are made: drawn, searched, in batches, and made again.

use serde_json::{Value, json};

use crate::support::Home;

const GENERATE: &str = "/api/v1/generate";

/// A question with what an answer said of how it was made.
fn again(prompt: &str, answer: &Value) -> Value {
    let mut question = answer["decoding"].clone();
    question["prompt"] = json!(prompt);
    question
}

#[tokio::test]
async fn an_answer_says_how_it_was_made_and_is_made_again_by_that() {
    let home = Home::new();
    let (_attune, http) = home.serve();
    let prompt = "Continue: once upon a time";
    let mut drawn = Vec::new();
    for how in [
        json!({}),
        json!({ "temperature": 1.3, "topK": 50, "topP": 0.95, "repetitionPenalty": 1.1 }),
        json!({ "temperature": 1.3, "seed": 7 }),
        json!({ "beams": 3, "lengthPenalty": 0.5, "noRepeatNgramSize": 2, "minNewTokens": 4 }),
    ] {
        let mut question = how.clone();
        question["prompt"] = json!(prompt);
        question["maxNewTokens"] = json!(16);
        let answer = http.post(GENERATE, &question).await.expect(200);
        for (name, value) in how.as_object().unwrap() {
            assert_eq!(&answer["decoding"][name], value, "{answer}");
        }
        assert_eq!(answer["decoding"]["seed"].is_u64(), how.get("temperature").is_some(), "{answer}");
        let same = http.post(GENERATE, &again(prompt, &answer)).await.expect(200);
        assert_eq!((&same["text"], &same["decoding"]), (&answer["text"], &answer["decoding"]));
        drawn.push(answer["text"].clone());
    }
    drawn.dedup();
    assert_eq!(drawn.len(), 4, "four ways, four answers: {drawn:?}");
}

#[tokio::test]
async fn each_answer_of_a_batch_is_the_one_that_its_prompt_gets_alone() {
    let home = Home::new();
    let (_attune, http) = home.serve();
    let prompts = ["Repeat: the lamp is on", "Continue: once", "Repeat: tea"];
    for how in [json!({}), json!({ "temperature": 0.9, "seed": 3 }), json!({ "beams": 2 })] {
        let mut question = how.clone();
        question["prompts"] = json!(prompts);
        question["maxNewTokens"] = json!(12);
        let batch = http.post(&format!("{GENERATE}/batch"), &question).await.expect(200);
        assert_eq!(batch["answers"].as_array().map(Vec::len), Some(3), "{batch}");
        for (prompt, answer) in prompts.iter().zip(batch["answers"].as_array().unwrap()) {
            let alone = http.post(GENERATE, &again(prompt, &batch)).await.expect(200);
            assert_eq!(answer["text"], alone["text"], "{how}: {prompt}");
        }
    }
}

#[tokio::test]
async fn a_stop_text_ends_an_answer_and_is_no_part_of_it() {
    let home = Home::new();
    let (_attune, http) = home.serve();
    let prompt = "Repeat: the lamp is on";
    let whole = http.post(GENERATE, &json!({ "prompt": prompt })).await.expect(200);
    let whole = whole["text"].as_str().unwrap();
    let (before, _) = whole.split_once("lamp").expect("the base repeats");
    let cut = http.post(GENERATE, &json!({ "prompt": prompt, "stop": ["lamp"] })).await.expect(200);
    assert_eq!((&cut["text"], &cut["finish"]), (&json!(before.trim()), &json!("stop_string")));
}
