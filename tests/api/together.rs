//! Requests that come at once are answered together, and none is in the way of another.

use std::collections::BTreeSet;
use std::pin::pin;

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::peft::with_setting;
use super::tiny_t5;
use crate::support::Home;

const GENERATE: &str = "/api/v1/generate";
const BATCH: &str = "/api/v1/generate/batch";

/// Two hundred answers of sixty tokens: about two hundred and forty steps of the decoder.
fn batch_of_two_hundred() -> Value {
    let prompts: Vec<String> =
        (0..200).map(|number| format!("Continue: once upon a time {number}")).collect();
    json!({ "prompts": prompts, "minNewTokens": 60, "maxNewTokens": 60 })
}

#[tokio::test]
async fn a_question_does_not_wait_for_a_batch_of_two_hundred() {
    let home = Home::new();
    let (_attune, http) = home.serve();
    let question = json!({ "prompt": "Repeat: the lamp is on", "maxNewTokens": 8 });
    let alone = http.post(GENERATE, &question).await.expect(200);
    let wanted = batch_of_two_hundred();
    let mut batch = pin!(http.post(BATCH, &wanted));
    let mut answered = 0;
    let batch = loop {
        tokio::select! {
            batch = &mut batch => break batch.expect(200),
            answer = http.post(GENERATE, &question) => {
                assert_eq!(answer.expect(200)["text"], alone["text"]);
                answered += 1;
            }
        }
    };
    assert_eq!(batch["answers"].as_array().map(Vec::len), Some(200), "{batch}");
    assert!(answered >= 5, "only {answered} questions were answered while the batch was");
}

#[tokio::test]
async fn a_batch_that_is_given_up_leaves_an_answer_beside_it_as_it_is() {
    let home = Home::new();
    let (_attune, http) = home.serve();
    let question = json!({ "prompt": "Continue: once", "minNewTokens": 200, "maxNewTokens": 200 });
    let alone = http.post(GENERATE, &question).await.expect(200);
    let mut beside = http.post_events("/api/v1/generate/stream", &question).await;
    let wanted = batch_of_two_hundred();
    let mut pieces = String::new();
    {
        let mut batch = pin!(http.post(BATCH, &wanted));
        // Its connection closes at the end of this block, when both have been at work.
        while pieces.len() < 60 {
            tokio::select! {
                _ = &mut batch => panic!("the batch was to be given up"),
                event = beside.next() => {
                    pieces += event.expect("a piece").json()["text"].as_str().expect("text");
                }
            }
        }
    }
    let mut answer = None;
    while let Some(event) = beside.next().await {
        answer = (event.name == "answer").then(|| event.json());
    }
    assert_eq!(answer.expect("the whole comes last")["text"], alone["text"]);
}

#[tokio::test]
async fn a_hundred_adapters_answer_at_once_as_each_does_alone() {
    let home = Home::new();
    let (_attune, http) = home.serve();
    let question = |number: usize| {
        let folder = home.path(&format!("adapter {number}"));
        if !folder.exists() {
            let changed = with_setting(&home, "peft_lora_everywhere", "lora_alpha", json!(number + 1));
            std::fs::rename(changed, &folder).expect("folders in the test's own");
        }
        json!({ "prompt": "vy lu jy", "baseModel": tiny_t5(""), "adapter": folder, "maxNewTokens": 12 })
    };
    let questions: Vec<Value> = (0..100).map(question).collect();
    let together = join_all(questions.iter().map(|question| http.post(GENERATE, question))).await;
    let mut different = BTreeSet::new();
    for (question, together) in questions.iter().zip(together) {
        let (together, alone) = (together.expect(200), http.post(GENERATE, question).await.expect(200));
        assert_eq!(
            (&together["text"], &together["adapterDigest"]),
            (&alone["text"], &alone["adapterDigest"])
        );
        different.insert(together["text"].to_string());
    }
    assert!(different.len() > 20, "only {} different answers", different.len());
}

#[tokio::test]
async fn an_adapter_that_overflows_fails_its_own_question_alone() {
    let home = Home::new();
    let (_attune, http) = home.serve();
    let broken = with_setting(&home, "peft_lora", "lora_alpha", json!(1e300));
    let question = |adapter: Value| {
        let base = tiny_t5("");
        json!({ "prompt": "vy lu jy", "baseModel": base, "adapter": adapter, "minNewTokens": 60, "maxNewTokens": 60 })
    };
    let sound = [question(json!(tiny_t5("peft_lora_everywhere"))), question(json!(null))];
    let expected =
        [http.post(GENERATE, &sound[0]).await.expect(200), http.post(GENERATE, &sound[1]).await.expect(200)];
    let broken = question(json!(broken));
    let (first, failed, second) = tokio::join!(
        http.post(GENERATE, &sound[0]),
        http.post(GENERATE, &broken),
        http.post(GENERATE, &sound[1])
    );
    let problem = failed.expect(500);
    assert!(problem["message"].as_str().is_some_and(|words| words.contains("not finite")), "{problem}");
    assert_eq!(first.expect(200)["text"], expected[0]["text"]);
    assert_eq!(second.expect(200)["text"], expected[1]["text"]);
}
