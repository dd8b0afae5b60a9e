//! Verdicts and votes: what is kept, what is refused, what can be taken back.

use serde_json::{Value, json};

use crate::support::Home;

const FEEDBACK: &str = "/api/v1/feedback";
const VOTES: &str = "/api/v1/votes";

#[tokio::test]
async fn a_verdict_on_a_real_answer_is_kept_whole_and_outlives_the_server() {
    let home = Home::new();
    let (attune, http) = home.serve();
    let question = json!({ "prompt": "Continue: once", "temperature": 0.9, "seed": 9007199254740993_u64 });
    let answer = http.post("/api/v1/generate", &question).await.expect(200);
    let edited = json!({
        "id": id("feedback_", 1), "verdict": "edited", "prompt": "Continue: once", "answer": answer["text"],
        "editedAnswer": "Once there was a lamp.\n", "answerer": answerer_of(&answer), "decoding": answer["decoding"],
    });
    let kept = http.post(FEEDBACK, &edited).await.expect(201);
    let mut sent = edited.clone();
    sent["createdAt"] = kept["createdAt"].clone();
    assert_eq!(kept, sent);
    drop(attune);

    let (_attune, http) = home.serve();
    assert_eq!(http.get(FEEDBACK).await.expect(200), json!({ "feedback": [kept], "total": 1, "next": null }));
}

#[tokio::test]
async fn a_verdict_that_is_sent_twice_is_kept_once_and_can_be_taken_back() {
    let home = Home::new();
    let (_attune, http) = home.serve();
    let approved = verdict(1, "approved");
    let first = http.post(FEEDBACK, &approved).await.expect(201);
    assert_eq!(http.post(FEEDBACK, &approved).await.expect(200), first);
    // Whatever else comes under the id: what was kept first stays.
    assert_eq!(http.post(FEEDBACK, &verdict(1, "rejected")).await.expect(200), first);
    assert_eq!(http.get(FEEDBACK).await.expect(200)["total"], 1);

    let place = format!("{FEEDBACK}/{}", id("feedback_", 1));
    assert_eq!(http.delete(&place).await.expect(200), first);
    let gone = http.delete(&place).await.expect(404);
    assert_eq!(gone["code"], "not_found");
    assert_eq!(http.get(FEEDBACK).await.expect(200), json!({ "feedback": [], "total": 0, "next": null }));
}

#[tokio::test]
async fn a_long_list_of_verdicts_comes_in_parts_and_none_is_missed_when_one_is_taken_back_between() {
    let home = Home::new();
    let (_attune, http) = home.serve();
    for number in 1..=5 {
        http.post(FEEDBACK, &verdict(number, "approved")).await.expect(201);
    }
    let part = http.get(&format!("{FEEDBACK}?limit=2")).await.expect(200);
    assert_eq!((ids(&part), &part["total"]), (vec![id("feedback_", 5), id("feedback_", 4)], &json!(5)));
    http.delete(&format!("{FEEDBACK}/{}", id("feedback_", 4))).await.expect(200);
    let next = http.get(&format!("{FEEDBACK}?limit=2&before={}", part["next"])).await.expect(200);
    assert_eq!(ids(&next), [id("feedback_", 3), id("feedback_", 2)]);
    let last = http.get(&format!("{FEEDBACK}?limit=2&before={}", next["next"])).await.expect(200);
    assert_eq!((ids(&last), &last["next"]), (vec![id("feedback_", 1)], &json!(null)));
    http.get(&format!("{FEEDBACK}?before=yesterday")).await.expect(422);
}

#[tokio::test]
async fn a_verdict_that_says_nothing_usable_is_refused_by_its_field() {
    let home = Home::new();
    let (_attune, http) = home.serve();
    let long = "x".repeat(100_001);
    for (changes, field) in [
        (json!({ "id": "feedback_1" }), "id"),
        (json!({ "id": id("run_", 1) }), "id"),
        (json!({ "prompt": " \n" }), "prompt"),
        (json!({ "prompt": long }), "prompt"),
        (json!({ "answer": long }), "answer"),
        (json!({ "verdict": "edited" }), "editedAnswer"),
        (json!({ "verdict": "edited", "editedAnswer": " " }), "editedAnswer"),
        (json!({ "verdict": "edited", "editedAnswer": "Yes." }), "editedAnswer"),
        (json!({ "editedAnswer": "No." }), "editedAnswer"),
        (json!({ "answerer": answerer(" ", 'b', None) }), "model"),
        (json!({ "answerer": answerer("m", 'x', None) }), "baseDigest"),
        (json!({ "answerer": answerer("m", 'b', Some('A')) }), "adapterDigest"),
        (json!({ "decoding": { "temperature": -1, "stop": [] } }), "temperature"),
    ] {
        let problem = http.post(FEEDBACK, &changed(verdict(1, "approved"), &changes)).await.expect(422);
        assert_eq!(problem["field"], json!(field), "{changes}: {problem}");
    }
    let unknown = http.post(FEEDBACK, &verdict(1, "adored")).await.expect(422);
    assert!(unknown["message"].as_str().unwrap().contains("adored"), "{unknown}");
    assert_eq!(http.get(FEEDBACK).await.expect(200)["total"], 0, "nothing of it was kept");
}

#[tokio::test]
async fn an_empty_answer_can_be_judged() {
    let home = Home::new();
    let (_attune, http) = home.serve();
    let rejected = changed(verdict(1, "rejected"), &json!({ "answer": "" }));
    http.post(FEEDBACK, &rejected).await.expect(201);
    let edited = changed(verdict(2, "edited"), &json!({ "answer": "", "editedAnswer": "Yes." }));
    http.post(FEEDBACK, &edited).await.expect(201);
}

#[tokio::test]
async fn votes_are_tallied_by_who_answered_whichever_side_they_stood_on() {
    let home = Home::new();
    let (_attune, http) = home.serve();
    let (tuned, base) = (answerer("tuned", 'b', Some('a')), answerer("base", 'b', None));
    for (number, (choice, left, right)) in [
        ("left", &base, &tuned),
        ("right", &base, &tuned),
        ("left", &tuned, &base),
        ("tie", &tuned, &base),
        ("both_bad", &base, &tuned),
    ]
    .into_iter()
    .enumerate()
    {
        http.post(VOTES, &vote(number, choice, left, right)).await.expect(201);
    }
    let tally = json!({
        "first": tuned, "second": base, "firstWins": 2, "secondWins": 1, "ties": 1, "bothBad": 1,
    });
    assert_eq!(http.get("/api/v1/votes/tallies").await.expect(200), json!([tally]));

    http.delete(&format!("{VOTES}/{}", id("vote_", 2))).await.expect(200);
    http.delete(&format!("{VOTES}/{}", id("vote_", 2))).await.expect(404);
    // The same weights under another name are the same model; it is shown as it was called last.
    let renamed = answerer("renamed", 'b', Some('a'));
    let other = answerer("other", 'c', None);
    http.post(VOTES, &vote(8, "right", &other, &renamed)).await.expect(201);
    http.post(VOTES, &vote(9, "tie", &renamed, &base)).await.expect(201);
    let tallies = http.get("/api/v1/votes/tallies").await.expect(200);
    let counts =
        |tally: &Value| json!([tally["firstWins"], tally["secondWins"], tally["ties"], tally["bothBad"]]);
    assert_eq!((&tallies[0]["first"], counts(&tallies[0])), (&renamed, json!([1, 1, 2, 1])));
    assert_eq!((&tallies[1]["second"], counts(&tallies[1])), (&other, json!([1, 0, 0, 0])));
    let votes = http.get(&format!("{VOTES}?limit=1")).await.expect(200);
    assert_eq!((&votes["total"], &votes["votes"][0]["choice"]), (&json!(6), &json!("tie")));
}

#[tokio::test]
async fn a_vote_is_kept_once_and_what_is_wrong_with_it_is_named_by_its_side() {
    let home = Home::new();
    let (_attune, http) = home.serve();
    let (left, right) = (answerer("one", 'b', None), answerer("other", 'c', None));
    let good = vote(1, "left", &left, &right);
    let first = http.post(VOTES, &good).await.expect(201);
    assert_eq!(http.post(VOTES, &good).await.expect(200), first);
    for (changes, field) in [
        (json!({ "id": id("feedback_", 2) }), "id"),
        (json!({ "prompt": "" }), "prompt"),
        (json!({ "right": { "answer": "", "answerer": answerer("", 'b', None) } }), "right"),
        (json!({ "left": { "answer": "x".repeat(100_001), "answerer": left } }), "left"),
    ] {
        let problem = http.post(VOTES, &changed(vote(2, "left", &left, &right), &changes)).await.expect(422);
        assert_eq!(problem["field"], json!(field), "{changes}: {problem}");
    }
    assert_eq!(http.get(VOTES).await.expect(200)["total"], 1);
}

fn id(prefix: &str, number: usize) -> String {
    format!("{prefix}01ARZ3NDEKTSV4RRFFQ69G5{number:03}")
}

fn ids(part: &Value) -> Vec<String> {
    let of = |kept: &Value| kept["id"].as_str().map(str::to_owned);
    part["feedback"].as_array().expect("a list").iter().filter_map(of).collect()
}

fn verdict(number: usize, verdict: &str) -> Value {
    json!({
        "id": id("feedback_", number), "verdict": verdict, "prompt": "Lamp?", "answer": "Yes.",
        "answerer": answerer("attune-mini", 'b', None), "decoding": { "stop": [] },
    })
}

fn vote(number: usize, choice: &str, left: &Value, right: &Value) -> Value {
    json!({
        "id": id("vote_", number), "choice": choice, "prompt": "Lamp?", "decoding": { "stop": [] },
        "left": { "answerer": left, "answer": "Yes." }, "right": { "answerer": right, "answer": "" },
    })
}

/// With digests of one digit alone.
fn answerer(model: &str, base: char, adapter: Option<char>) -> Value {
    let digest = |digit: char| format!("sha256:{}", digit.to_string().repeat(64));
    json!({
        "model": model, "baseModel": "attune-mini", "baseDigest": digest(base),
        "adapterDigest": adapter.map(digest),
    })
}

fn answerer_of(answer: &Value) -> Value {
    json!({
        "model": "attune-mini", "baseModel": answer["baseModel"], "baseDigest": answer["baseDigest"],
        "adapterDigest": answer["adapterDigest"],
    })
}

fn changed(mut request: Value, changes: &Value) -> Value {
    for (name, value) in changes.as_object().into_iter().flatten() {
        request[name] = value.clone();
    }
    request
}
