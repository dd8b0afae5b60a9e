//! Base and tuned beside each other, on the rows that a run held out.

use std::collections::HashSet;
use std::path::PathBuf;

use serde_json::{Value, json};

use super::{ended, many_rows, own_base, small_source, started};
use crate::support::{Home, Http};

#[tokio::test]
async fn base_and_tuned_answer_the_held_out_rows_and_no_others() {
    let home = Home::new();
    let rows = many_rows(&home, 60);
    let (_attune, http) = home.serve();
    let run = trained(&http, &json!({ "dataPath": rows, "method": "lora", "epochs": 8 })).await;
    let id = run["id"].as_str().unwrap();

    let mut events = http.post_events(&format!("/api/v1/runs/{id}/comparison/stream"), &json!({})).await;
    let begun = events.next().await.unwrap();
    assert_eq!(begun.name, "begun");
    let begun = begun.json();
    assert_eq!((&begun["total"], &begun["heldOut"]), (&run["heldOut"], &run["heldOut"]), "{begun}");
    let mut seen = Vec::new();
    let whole = loop {
        let event = events.next().await.unwrap();
        match event.name.as_str() {
            "row" => seen.push(event.json()),
            "comparison" => break event.json(),
            other => panic!("an event {other}: {}", event.data),
        }
    };
    assert!(events.next().await.is_none(), "the whole is the last");
    assert_eq!(whole["rows"], json!(seen));

    let kept = |name: &str| inputs(&home.data().join("runs").join(id).join(name));
    let compared: Vec<&str> = seen.iter().map(|row| row["input"].as_str().unwrap()).collect();
    assert_eq!(compared, kept("held_out.jsonl"), "the rows held out, in their order");
    let trained_on: HashSet<String> = kept("dataset.jsonl").into_iter().collect();
    assert!(compared.iter().all(|input| !trained_on.contains(*input)));

    assert_eq!(whole["adapterDigest"], run["adapterDigest"]);
    let record =
        std::fs::read(PathBuf::from(run["runDirectory"].as_str().unwrap()).join("training_run.json"));
    let record: Value = serde_json::from_slice(&record.unwrap()).unwrap();
    assert_eq!(whole["baseDigest"], record["base_model_digest"]);
    // What it says of the answers is what each model says when it is asked alone.
    for (adapter, answer, is_exact, exact) in [
        (json!(null), "base", "baseIsExact", "baseExact"),
        (run["runDirectory"].clone(), "tuned", "tunedIsExact", "tunedExact"),
    ] {
        let question = json!({ "prompts": compared, "adapter": adapter, "maxNewTokens": 128 });
        let answers = http.post("/api/v1/generate/batch", &question).await.expect(200);
        let mut counted = 0;
        for (row, asked) in seen.iter().zip(answers["answers"].as_array().unwrap()) {
            assert_eq!(row[answer], asked["text"], "{row}");
            assert_eq!(row[is_exact], row[answer] == row["expected"], "{row}");
            counted += u64::from(row[is_exact] == true);
        }
        assert_eq!(whole[exact], counted, "{answer}");
    }
    assert_ne!(seen[0]["base"], seen[0]["tuned"], "{}", seen[0]);
    assert_eq!(whole["notices"], json!([]));

    // What another adapter has seen before, nobody knows.
    let next = json!({ "dataPath": rows, "startFrom": run["runDirectory"], "epochs": 1 });
    let next = trained(&http, &next).await;
    let door = format!("/api/v1/runs/{}/comparison", next["id"].as_str().unwrap());
    let notices = http.post(&door, &json!({})).await.expect(200)["notices"].take();
    assert!(notices.to_string().contains("began with another adapter"), "{notices}");
}

#[tokio::test]
async fn a_comparison_is_kept_and_asked_for_again_without_the_base() {
    let home = Home::new();
    let rows = many_rows(&home, 60);
    let base = own_base(&home);
    let (attune, http) = home.serve();
    let run = trained(&http, &json!({ "dataPath": rows, "epochs": 1, "baseModel": base })).await;
    let door = format!("/api/v1/runs/{}/comparison", run["id"].as_str().unwrap());
    let first = http.post(&door, &json!({})).await.expect(200);
    // Another process, which has no base in memory.
    attune.interrupt();
    let (_attune, http) = home.serve();
    std::fs::remove_dir_all(&base).unwrap();
    assert_eq!(http.post(&door, &json!({})).await.expect(200), first);
    let mut events = http.post_events(&format!("{door}/stream"), &json!({})).await;
    let last = events.next_that(|event| event.name == "comparison").await;
    assert_eq!(last.json(), first);

    // What was not kept has to be made, and then the base is missed by its name.
    let kept = home.data().join("runs").join(run["id"].as_str().unwrap()).join("comparison.json");
    std::fs::remove_file(kept).unwrap();
    let problem = http.post(&format!("{door}/stream"), &json!({})).await.expect(422);
    assert_eq!(problem["field"], "baseModel", "{problem}");
}

#[tokio::test]
async fn what_cannot_be_compared_is_refused_with_its_reason() {
    let home = Home::new();
    let (few, many) = (small_source(&home), many_rows(&home, 60));
    let (_attune, http) = home.serve();
    let refused = async |id: &str, status: u16, words: &str| {
        for door in ["comparison", "comparison/stream"] {
            let problem = http.post(&format!("/api/v1/runs/{id}/{door}"), &json!({})).await.expect(status);
            assert!(problem["message"].as_str().unwrap().contains(words), "{problem}");
        }
    };
    refused("run_01ARZ3NDEKTSV4RRFFQ69G5FAV", 404, "there is no run").await;
    let run = trained(&http, &json!({ "dataPath": few, "epochs": 1 })).await;
    refused(run["id"].as_str().unwrap(), 409, "held no rows out").await;

    let run = trained(&http, &json!({ "dataPath": many, "epochs": 1 })).await;
    let id = run["id"].as_str().unwrap();
    let held_out = home.data().join("runs").join(id).join("held_out.jsonl");
    let before = std::fs::read_to_string(&held_out).unwrap();
    let (_, others) = before.split_once('\n').unwrap();
    // One row fewer, a row that was trained on, and something that is no row.
    let trained_on = std::fs::read_to_string(held_out.with_file_name("dataset.jsonl")).unwrap();
    let learned = trained_on.lines().next().unwrap();
    for changed in [others.to_owned(), format!("{learned}\n{others}"), "oops\n".to_owned()] {
        std::fs::write(&held_out, changed).unwrap();
        refused(id, 409, "does not hold the rows").await;
    }
    std::fs::remove_file(&held_out).unwrap();
    refused(id, 409, "are gone").await;

    let waiting = started(&http, &json!({ "dataPath": many, "epochs": 1000 })).await;
    refused(&waiting, 409, "has no adapter").await;
}

async fn trained(http: &Http, wanted: &Value) -> Value {
    let mut events = http.events("/api/v1/events").await;
    let id = started(http, wanted).await;
    let run = ended(&mut events, &id).await;
    assert_eq!(run["status"], "completed", "{run}");
    run
}

fn inputs(path: &std::path::Path) -> Vec<String> {
    let text = std::fs::read_to_string(path).expect("the run keeps its rows");
    let rows = text.lines().map(|line| serde_json::from_str::<Value>(line).expect("a row is JSON"));
    rows.map(|row| row["input"].as_str().expect("a row has an input").to_owned()).collect()
}
