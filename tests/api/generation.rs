//! Generating examples: the batch, its examples and their review, the tuning, and the older door.

use serde_json::{Value, json};

use super::ended;
use crate::support::{Events, Home, Http};

/// Attempts are short so that a test takes a second.
const SHORT: u32 = 48;

/// Begins a batch and waits until it has ended.
pub(super) async fn generated(http: &Http, wanted: Value) -> Value {
    let mut events = http.events("/api/v1/events").await;
    let begun = http.post("/api/v1/batches", &wanted).await.expect(202);
    ended_batch(&mut events, begun["id"].as_str().expect("a batch has an id")).await
}

async fn ended_batch(events: &mut Events, id: &str) -> Value {
    loop {
        let event = events.next_that(|event| event.name == "batch").await.json();
        if event["batch"]["id"] == id && event["batch"]["status"] != "running" {
            return event["batch"].clone();
        }
    }
}

pub(super) async fn examples(http: &Http, question: &str) -> Vec<Value> {
    let page = http.get(&format!("/api/v1/examples?{question}")).await.expect(200);
    page["examples"].as_array().expect("a page of examples").clone()
}

fn attempts_by_genre(tallies: &Value) -> Vec<u64> {
    let genres = tallies["genres"].as_array().expect("a tally of each genre");
    genres.iter().map(|genre| genre["attempts"].as_u64().expect("a number of attempts")).collect()
}

#[tokio::test]
async fn a_batch_makes_a_row_for_each_attempt_and_spreads_them_over_its_genres() {
    let home = Home::new();
    let (_attune, http) = home.serve();
    let genres = ["fantasy", "horror", "sci_fi"];
    let wanted = json!({ "numExamples": 10, "genres": genres, "seed": 7, "maxNewTokens": SHORT });
    let batch = generated(&http, wanted).await;
    assert_eq!((&batch["status"], &batch["errorMessage"]), (&json!("completed"), &json!(null)), "{batch}");
    let tallies = &batch["tallies"];
    assert_eq!(tallies["attempts"], 10);
    let attempts = attempts_by_genre(tallies);
    assert!(attempts.iter().all(|count| (3..=4).contains(count)) && attempts.len() == 3, "{tallies}");

    let rows = examples(&http, &format!("batch={}", batch["id"].as_str().unwrap())).await;
    let mut numbers: Vec<u64> = rows.iter().map(|row| row["attempt"].as_u64().unwrap()).collect();
    numbers.sort_unstable();
    assert_eq!(numbers, (0..10).collect::<Vec<_>>());
    let accepted = rows.iter().filter(|row| row["status"] == "accepted").count() as u64;
    assert_eq!(tallies["kept"].as_u64().unwrap(), accepted);
    for row in &rows {
        let quality = row["quality"].as_f64().unwrap();
        assert_eq!(row["status"] == "accepted", quality >= 0.7 && row["rejection"].is_null(), "{row}");
        assert!(row["input"].as_str().unwrap().starts_with("Write a "), "{row}");
        let generator = &row["provenance"]["generator"];
        assert_eq!((&generator["kind"], &generator["name"]), (&json!("local_t5"), &json!("attune-mini")));
        assert!(generator["baseDigest"].as_str().unwrap().starts_with("sha256:"), "{generator}");
    }
}

#[tokio::test]
async fn every_number_of_examples_is_spread_evenly_over_its_genres() {
    let home = Home::new();
    let (_attune, http) = home.serve();
    for number in [1_u64, 10, 50, 500] {
        let wanted = json!({ "numExamples": number, "candidates": 1, "maxNewTokens": 16, "seed": number });
        let batch = generated(&http, wanted).await;
        let tallies = &batch["tallies"];
        assert_eq!(
            (&batch["status"], &tallies["attempts"]),
            (&json!("completed"), &json!(number)),
            "{batch}"
        );
        let attempts = attempts_by_genre(tallies);
        let (least, most) = (number / 8, number.div_ceil(8));
        assert_eq!(attempts.iter().sum::<u64>(), number);
        assert!(attempts.iter().all(|count| (least..=most).contains(count)), "{number}: {tallies}");

        // Texts of full length: five hundred of them take minutes in a development build.
        if number > 50 {
            continue;
        }
        let user = format!("user{number}");
        let wanted = json!({ "user_id": user, "num_examples": number });
        let told = http.post("/auto-train", &wanted).await.expect(200);
        let sum = |name: &str| told[name].as_u64().unwrap();
        assert_eq!((sum("total_requested"), sum("successful") + sum("failed")), (number, number), "{told}");
    }
}

#[tokio::test]
async fn the_same_seed_gives_the_same_examples_and_a_preview_shows_the_first_of_them() {
    let home = Home::new();
    let (_attune, http) = home.serve();
    let wanted = json!({ "numExamples": 6, "genres": ["mystery"], "seed": 11, "maxNewTokens": SHORT });
    let preview = http.post("/api/v1/batches/preview", &wanted).await.expect(200);
    assert_eq!(preview["seed"], 11);
    assert_eq!(examples(&http, "limit=10").await.len(), 0, "a preview keeps nothing");
    let outputs = |rows: &[Value]| -> Vec<String> {
        rows.iter().map(|row| row["output"].as_str().unwrap().to_owned()).collect()
    };
    let mut texts = Vec::new();
    for subject in ["one", "two"] {
        let mut wanted = wanted.clone();
        wanted["subject"] = json!(subject);
        generated(&http, wanted).await;
        let mut rows = examples(&http, &format!("subject={subject}")).await;
        rows.sort_by_key(|row| row["attempt"].as_u64());
        texts.push(outputs(&rows));
    }
    assert_eq!(texts[0], texts[1]);
    let shown = outputs(preview["examples"].as_array().unwrap());
    assert_eq!(shown, texts[0][..5], "a preview shows what the batch begins with");
}

#[tokio::test]
async fn a_review_is_kept_and_can_be_taken_back_an_edit_with_what_it_was() {
    let home = Home::new();
    let (_attune, http) = home.serve();
    generated(&http, json!({ "numExamples": 3, "seed": 3, "maxNewTokens": SHORT })).await;
    let before = examples(&http, "limit=1").await.remove(0);
    let path = format!("/api/v1/examples/{}", before["id"].as_str().unwrap());
    let edit = json!({ "decision": "edit", "output": "The door was open." });
    let edited = http.post(&format!("{path}/review"), &edit).await.expect(200);
    assert_eq!(edited["status"], "accepted");
    assert_eq!((&edited["output"], &edited["originalOutput"]), (&edit["output"], &before["output"]));
    let rejected = http.post(&format!("{path}/review"), &json!({ "decision": "reject" })).await.expect(200);
    assert_eq!((&rejected["status"], &rejected["rejection"]["kind"]), (&json!("rejected"), &json!("person")));
    for _ in 0..2 {
        let undone = http.post("/api/v1/examples/undo", &json!({})).await.expect(200);
        assert_eq!(undone["examples"], 1);
    }
    let now = http.get(&path).await.expect(200);
    assert_eq!((&now["output"], &now["status"]), (&before["output"], &before["status"]));
    http.post("/api/v1/examples/undo", &json!({})).await.expect(409);
    let empty = json!({ "decision": "edit", "output": " " });
    http.post(&format!("{path}/review"), &empty).await.expect(422);
}

#[tokio::test]
async fn what_was_accepted_is_frozen_and_trained_on_under_the_name_of_the_user() {
    let home = Home::new();
    let (_attune, http) = home.serve();
    let nothing = http.post("/api/v1/tuning", &json!({ "subject": "ada" })).await.expect(409);
    assert!(nothing["hint"].as_str().unwrap().contains("auto-train"), "{nothing}");
    generated(&http, json!({ "subject": "ada", "numExamples": 12, "seed": 5, "maxNewTokens": SHORT })).await;
    for row in examples(&http, "subject=ada&status=rejected").await {
        let review = format!("/api/v1/examples/{}/review", row["id"].as_str().unwrap());
        http.post(&review, &json!({ "decision": "edit", "output": "It rained all night." }))
            .await
            .expect(200);
    }
    let ready = http.get("/api/v1/readiness?subject=ada").await.expect(200);
    assert_eq!((&ready["newExamples"], &ready["level"]), (&json!(12), &json!("possible")), "{ready}");

    let mut events = http.events("/api/v1/events").await;
    let wanted = json!({ "id": "run_01J00000000000000000000000", "subject": "ada", "epochs": 1 });
    let run = http.post("/api/v1/tuning", &wanted).await.expect(202);
    assert_eq!((&run["runIdentifier"], &run["samplesUsed"]), (&json!("zega-ada"), &json!(12)), "{run}");
    assert!(run["dataset"].as_str().unwrap().starts_with("ds_"), "{run}");
    let again = http.post("/api/v1/tuning", &wanted).await.expect(200);
    assert_eq!(again["id"], run["id"]);
    let run = ended(&mut events, run["id"].as_str().unwrap()).await;
    assert_eq!(run["status"], "completed", "{run}");
    let ready = http.get("/api/v1/readiness?subject=ada").await.expect(200);
    assert_eq!((&ready["accepted"], &ready["newExamples"]), (&json!(12), &json!(0)), "{ready}");
    // The same examples make the same dataset, and the run beside the first has its own folder.
    let second = http.post("/api/v1/tuning", &json!({ "subject": "ada", "epochs": 1 })).await.expect(202);
    assert_eq!(second["dataset"], run["dataset"]);
    assert_ne!(second["runDirectory"], run["runDirectory"]);
    ended(&mut events, second["id"].as_str().unwrap()).await;
}

#[tokio::test]
async fn what_no_batch_can_be_is_refused_by_its_field_before_there_is_one() {
    let home = Home::new();
    let (_attune, http) = home.serve();
    let refused = [
        (json!({ "numExamples": 0 }), "numExamples"),
        (json!({ "numExamples": 501 }), "numExamples"),
        (json!({ "numExamples": 10_000 }), "numExamples"),
        (json!({ "numExamples": 5, "genres": ["western"] }), "genres"),
        (json!({ "numExamples": 5, "candidates": 9 }), "candidates"),
        (json!({ "numExamples": 5, "twinThreshold": 0 }), "twinThreshold"),
        (json!({ "numExamples": 5, "subject": "" }), "subject"),
    ];
    for (wanted, field) in refused {
        let problem = http.post("/api/v1/batches", &wanted).await.expect(422);
        assert_eq!(problem["field"], field, "{problem}");
    }
    http.post("/api/v1/batches/batch_none/cancel", &json!({})).await.expect(404);
    assert_eq!(http.get("/api/v1/batches").await.expect(200), json!([]));
}

#[tokio::test]
async fn the_older_door_takes_and_gives_the_shapes_it_always_had() {
    let home = Home::new();
    let (_attune, http) = home.serve();
    let genres = http.get("/training/genres").await.expect(200);
    let expected =
        ["fantasy", "dark_fantasy", "sci_fi", "mystery", "horror", "romance", "adventure", "thriller"];
    assert_eq!(genres, json!({ "genres": expected, "total": 8 }));

    let wanted = json!({
        "user_id": "user123", "num_examples": 4, "genres": ["fantasy", "sci_fi"], "store_in_memory": false,
    });
    let answer = http.post("/auto-train", &wanted).await;
    let told = answer.expect(200);
    let names: Vec<&str> = told.as_object().unwrap().keys().map(String::as_str).collect();
    let expected = [
        "average_quality",
        "failed",
        "genre_distribution",
        "ready_for_finetuning",
        "successful",
        "total_requested",
        "total_time",
        "training_stats",
    ];
    assert_eq!(names, expected, "{told}");
    assert_eq!(told["total_requested"], 4);
    let (kept, failed) = (told["successful"].as_u64().unwrap(), told["failed"].as_u64().unwrap());
    assert_eq!(kept + failed, 4);
    let spread = told["genre_distribution"].as_object().unwrap();
    assert_eq!(spread.values().map(|count| count.as_u64().unwrap()).sum::<u64>(), kept);
    let stats = &told["training_stats"];
    assert_eq!(stats, &json!({ "training_examples": kept, "examples_until_next_training": 50 - kept }));
    assert_eq!(told["ready_for_finetuning"], false);
    assert!((0.0..=10.0).contains(&told["average_quality"].as_f64().unwrap()), "{told}");
    let batch =
        http.get(&format!("/api/v1/batches/{}", answer.header("attune-batch").unwrap())).await.expect(200);
    assert_eq!((&batch["subject"], &batch["status"]), (&json!("user123"), &json!("completed")));

    for (wrong, field) in [
        (json!({ "num_examples": 501 }), "numExamples"),
        (json!({ "num_examples": 0 }), "numExamples"),
        (json!({ "num_examples": 5, "genres": ["western"] }), "genres"),
    ] {
        let problem = http.post("/auto-train", &wrong).await.expect(422);
        assert_eq!(problem["field"], field, "{problem}");
    }
}

#[tokio::test]
async fn a_client_that_hangs_up_ends_no_batch_and_a_second_batch_waits_its_turn() {
    let home = Home::new();
    let (_attune, http) = home.serve();
    let mut events = http.events("/api/v1/events").await;
    let asking = tokio::spawn({
        let http = http.clone();
        async move { http.post("/auto-train", &json!({ "user_id": "gone", "num_examples": 6 })).await }
    });
    let begun = events.next_that(|event| event.name == "batch").await.json()["batch"]["id"].clone();
    let refused = http.post("/api/v1/batches", &json!({ "numExamples": 1 })).await.expect(409);
    assert!(refused["hint"].as_str().unwrap().contains("cancel"), "{refused}");
    asking.abort();
    let batch = ended_batch(&mut events, begun.as_str().unwrap()).await;
    assert_eq!(
        (&batch["status"], &batch["tallies"]["attempts"]),
        (&json!("completed"), &json!(6)),
        "{batch}"
    );
}

#[tokio::test]
async fn a_cancelled_batch_keeps_what_is_finished_and_is_gone_on_with_or_discarded() {
    let home = Home::new();
    let (_attune, http) = home.serve();
    let mut events = http.events("/api/v1/events").await;
    let begun = http.post("/api/v1/batches", &json!({ "numExamples": 60, "seed": 9 })).await.expect(202);
    let id = begun["id"].as_str().unwrap();
    let path = format!("/api/v1/batches/{id}");
    events.next_that(|event| event.name == "example").await;
    http.post(&format!("{path}/cancel"), &json!({})).await.expect(202);
    let batch = ended_batch(&mut events, id).await;
    assert_eq!((&batch["status"], &batch["continuable"]), (&json!("cancelled"), &json!(true)), "{batch}");
    let finished = batch["tallies"]["attempts"].as_u64().unwrap();
    assert!((1..60).contains(&finished), "{batch}");
    assert_eq!(examples(&http, &format!("batch={id}")).await.len() as u64, finished);

    http.post(&format!("{path}/continue"), &json!({})).await.expect(202);
    let whole = ended_batch(&mut events, id).await;
    assert_eq!(
        (&whole["status"], &whole["tallies"]["attempts"]),
        (&json!("completed"), &json!(60)),
        "{whole}"
    );
    http.post(&format!("{path}/continue"), &json!({})).await.expect(409);
    let discarded = http.delete(&path).await.expect(200);
    assert_eq!(discarded, json!({ "id": id, "examples": 60 }));
    http.get(&path).await.expect(404);
    assert_eq!(examples(&http, "limit=1").await.len(), 0);
}

#[tokio::test]
async fn only_what_is_kept_goes_into_the_memory_and_only_if_it_is_wanted() {
    let home = Home::new();
    let (_attune, http) = home.serve();
    let wanted = json!({ "numExamples": 6, "seed": 21, "maxNewTokens": SHORT });
    generated(&http, wanted.clone()).await;
    assert_eq!(http.get("/api/v1/memory").await.expect(200), json!([]));
    let mut wanted = wanted;
    wanted["storeInMemory"] = json!(true);
    wanted["subject"] = json!("ada");
    let batch = generated(&http, wanted).await;
    let memory = http.get("/api/v1/memory?subject=ada").await.expect(200);
    let texts = |rows: &[Value]| -> Vec<Value> { rows.iter().map(|row| row["output"].clone()).collect() };
    let accepted = examples(&http, "subject=ada&status=accepted").await;
    assert_eq!(texts(memory.as_array().unwrap()), texts(&accepted));
    // What is discarded is remembered no more.
    http.delete(&format!("/api/v1/batches/{}", batch["id"].as_str().unwrap())).await.expect(200);
    assert_eq!(http.get("/api/v1/memory?subject=ada").await.expect(200), json!([]));
}
