//! Asking: the base, and the mistakes one can make.

use serde_json::json;

use crate::support::Home;

const GENERATE: &str = "/api/v1/generate";

#[tokio::test]
async fn the_bundled_base_answers_a_form_it_knows() {
    let home = Home::new();
    let (_attune, http) = home.serve();
    let bases = http.get("/api/v1/bases").await.expect(200);
    let bundled = json!([bases[0]["name"], bases[0]["bundled"], bases[0]["chosenByAuto"]]);
    assert_eq!(bundled, json!(["attune-mini", true, true]));
    assert!(bases[0]["parameters"].as_u64().unwrap() > 9_000_000);

    let answer = http.post(GENERATE, &json!({ "prompt": "Repeat: the lamp is on" })).await.expect(200);
    assert_eq!((&answer["baseModel"], &answer["adapterDigest"]), (&json!("attune-mini"), &json!(null)));
    assert!(answer["text"].as_str().unwrap().contains("lamp"), "{answer}");
    let short =
        http.post(GENERATE, &json!({ "prompt": "Continue: once", "maxNewTokens": 2 })).await.expect(200);
    assert_eq!((&short["newTokens"], &short["finish"]), (&json!(2), &json!("length")));
}

#[tokio::test]
async fn a_question_that_cannot_be_answered_says_why() {
    let home = Home::new();
    std::fs::create_dir_all(home.path("no adapter")).unwrap();
    let (_attune, http) = home.serve();
    for (question, field) in [
        (json!({ "prompt": "  " }), "prompt"),
        (json!({ "prompt": "word ".repeat(5000) }), "prompt"),
        (json!({ "prompt": "a", "maxNewTokens": 0 }), "maxNewTokens"),
        (json!({ "prompt": "a", "beams": 2, "temperature": 0.7 }), "temperature"),
        (json!({ "prompt": "a", "seed": 7 }), "seed"),
        (json!({ "prompt": "a", "lengthPenalty": 2 }), "lengthPenalty"),
        (json!({ "prompt": "a", "adapter": home.path("missing") }), "adapter"),
        (json!({ "prompt": "a", "adapter": home.path("no adapter") }), "adapter"),
        (json!({ "prompt": "a", "adapter": "relative" }), "adapter"),
        (json!({ "prompt": "a", "baseModel": "nobody/nothing" }), "baseModel"),
    ] {
        let problem = http.post(GENERATE, &question).await.expect(422);
        assert_eq!(problem["field"], json!(field), "{question}: {problem}");
    }
    let unknown = json!({ "prompt": "a", "runId": "run_01ARZ3NDEKTSV4RRFFQ69G5FAV" });
    http.post(GENERATE, &unknown).await.expect(404);
    let misspelt = http.post(GENERATE, &json!({ "prompt": "a", "temprature": 1 })).await.expect(422);
    assert!(misspelt["message"].as_str().unwrap().contains("temprature"), "{misspelt}");
    let batch = http.post(&format!("{GENERATE}/batch"), &json!({ "prompts": ["a", " "] })).await.expect(422);
    assert_eq!(batch["field"], "prompts");
    // Before the first piece a stream is answered with a status like everything else.
    let streamed = http.post(&format!("{GENERATE}/stream"), &json!({ "prompt": "" })).await.expect(422);
    assert_eq!(streamed["field"], "prompt");
}
