//! Answers that are read while they grow.

use std::time::{Duration, Instant};

use serde_json::json;

use super::tiny_t5;
use crate::support::Home;

const STREAM: &str = "/api/v1/generate/stream";

#[tokio::test]
async fn the_pieces_of_a_stream_are_the_text_of_the_answer_that_ends_it() {
    let home = Home::new();
    let (_attune, http) = home.serve();
    let question = json!({ "prompt": "Continue: once upon a time", "temperature": 0.8, "seed": 5 });
    let mut events = http.post_events(STREAM, &question).await;
    let (mut pieces, mut answer) = (Vec::new(), None);
    while let Some(event) = events.next().await {
        let data = event.json();
        match event.name.as_str() {
            "piece" => pieces.push(data["text"].as_str().unwrap().to_owned()),
            "answer" => answer = Some(data),
            other => panic!("{other}: {data}"),
        }
    }
    let answer = answer.expect("the whole comes last");
    assert!(pieces.len() > 2, "it grows: {pieces:?}");
    assert_eq!(json!(pieces.concat()), answer["text"]);
    let plain = http.post("/api/v1/generate", &question).await.expect(200);
    assert_eq!((&plain["text"], &plain["decoding"]), (&answer["text"], &answer["decoding"]));
}

#[tokio::test]
async fn an_answer_says_what_gave_it_and_what_of_its_time_went_where() {
    let home = Home::new();
    let (_attune, http) = home.serve();
    let question = json!({ "prompt": "Continue: once", "minNewTokens": 4, "maxNewTokens": 4 });
    let answer = http.post("/api/v1/generate", &question).await.expect(200);
    let number = |value: &serde_json::Value| value.as_f64().unwrap_or_else(|| panic!("{answer}"));
    let timing = &answer["timing"];
    let (loading, first, whole) = (
        number(&timing["loadingMilliseconds"]),
        number(&timing["firstTokenMilliseconds"]),
        number(&answer["milliseconds"]),
    );
    assert!(0.0 < loading && loading < first && first < whole, "{answer}");
    let expected = 4.0 / ((whole - loading) / 1000.0);
    assert!((number(&timing["tokensPerSecond"]) / expected - 1.0).abs() < 1e-6, "{answer}");
    let published = std::fs::read_to_string("models/bases.json").unwrap();
    let digest = answer["baseDigest"].as_str().and_then(|digest| digest.strip_prefix("sha256:"));
    assert!(published.contains(&format!("\"sha256\": \"{}\"", digest.expect("SHA-256"))), "{answer}");

    let searched = json!({ "prompt": "Continue: once", "beams": 2, "maxNewTokens": 4 });
    let searched = http.post("/api/v1/generate", &searched).await.expect(200);
    assert_eq!(searched["timing"]["firstTokenMilliseconds"], json!(null), "nothing is chosen before the end");
}

/// The tiny base has 128 tokens: an answer that may take none twice and may not end runs out of them.
#[tokio::test]
async fn a_failure_on_the_way_is_an_event_with_its_problem() {
    let home = Home::new();
    let (_attune, http) = home.serve();
    let question = json!({
        "prompt": "vy lu", "baseModel": tiny_t5(""),
        "noRepeatNgramSize": 1, "minNewTokens": 1000, "maxNewTokens": 1000,
    });
    let mut events = http.post_events(STREAM, &question).await;
    let mut names = Vec::new();
    let mut last = None;
    while let Some(event) = events.next().await {
        names.push(event.name.clone());
        last = Some(event);
    }
    let problem = last.expect("an event").json();
    assert!(names.len() > 10 && names.iter().filter(|name| *name == "problem").count() == 1, "{names:?}");
    assert_eq!((&problem["code"], &problem["field"]), (&json!("invalid"), &json!("noRepeatNgramSize")));
    let plain = http.post("/api/v1/generate", &question).await.expect(422);
    assert_eq!(plain["message"], problem["message"]);
}

#[tokio::test]
async fn a_reader_that_leaves_ends_the_answer() {
    let home = Home::new();
    let (_attune, http) = home.serve();
    let question =
        json!({ "prompt": "Continue: once", "minNewTokens": 1024, "maxNewTokens": 1024, "temperature": 1 });
    let mut events = http.post_events(STREAM, &question).await;
    assert_eq!(events.next().await.expect("a first piece").name, "piece");
    drop(events);
    let stopped = line_of_the_log(&home, "nobody waits for it any more").await;
    let tokens = stopped.split("new_tokens=").nth(1).and_then(|rest| rest.split_whitespace().next());
    let tokens: u64 = tokens.and_then(|tokens| tokens.parse().ok()).unwrap_or_else(|| panic!("{stopped}"));
    assert!(tokens < 1024, "{stopped}");
}

/// The log is where a stopped answer can be seen: whoever asked for it has gone.
async fn line_of_the_log(home: &Home, words: &str) -> String {
    let end = Instant::now() + Duration::from_secs(60);
    while Instant::now() < end {
        let files = std::fs::read_dir(home.data().join("logs")).into_iter().flatten().filter_map(Result::ok);
        let text: String = files.filter_map(|file| std::fs::read_to_string(file.path()).ok()).collect();
        if let Some(line) = text.lines().find(|line| line.contains(words)) {
            return line.to_owned();
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("the log never said {words:?}")
}
