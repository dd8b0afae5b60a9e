//! The list of runs, in parts; and what a run takes: by default, and on the disk.

use serde_json::{Value, json};

use super::{ended, many_rows, small_source, started, tiny_t5};
use crate::support::Home;

fn names(runs: &Value) -> Vec<&str> {
    runs.as_array().into_iter().flatten().filter_map(|run| run["runIdentifier"].as_str()).collect()
}

#[tokio::test]
async fn a_list_that_is_read_in_parts_names_every_run_once() {
    let home = Home::new();
    let source = small_source(&home);
    let (_attune, http) = home.serve();
    let mut ids = Vec::new();
    for name in ["first", "second", "third"] {
        let wanted = json!({ "dataPath": source, "epochs": 500, "runIdentifier": name });
        ids.push(started(&http, &wanted).await);
    }
    let newest = http.get("/api/v1/runs?limit=2").await.expect(200);
    assert_eq!(names(&newest), ["third", "second"]);
    let before = newest[1]["id"].as_str().unwrap();
    let older = http.get(&format!("/api/v1/runs?limit=2&before={before}")).await.expect(200);
    assert_eq!(names(&older), ["first"]);
    let none = http.get(&format!("/api/v1/runs?before={}", ids[0])).await.expect(200);
    assert_eq!(none, json!([]));

    let unknown = http.get("/api/v1/runs?before=run_01ARZ3NDEKTSV4RRFFQ69G5FAV").await.expect(404);
    assert_eq!(unknown["code"], "not_found");
}

#[tokio::test]
async fn a_run_that_chooses_nothing_takes_the_defaults_that_were_told() {
    let home = Home::new();
    let source = many_rows(&home, 60);
    let (_attune, http) = home.serve();
    let found = http.post("/api/v1/sources/inspect", &json!({ "path": source })).await.expect(200);
    let rows = found["usable"].as_u64().unwrap() - found["heldOut"].as_u64().unwrap();
    assert!(rows < 60, "of sixty rows some are held out: {found}");
    for method in ["soft-prompt", "lora"] {
        let asked = format!("/api/v1/runs/defaults?method={method}&rows={rows}");
        let told = http.get(&asked).await.expect(200);
        let run =
            http.post("/api/v1/runs", &json!({ "dataPath": source, "method": method })).await.expect(202);
        for name in ["method", "epochs", "batchSize", "learningRate", "seed", "settings"] {
            assert_eq!(told[name], run[name], "{method} {name}");
        }
        assert_eq!(run["heldOut"], found["heldOut"]);
    }
}

#[tokio::test]
async fn an_adapter_to_begin_with_says_what_a_run_with_it_takes() {
    let home = Home::new();
    let (_attune, http) = home.serve();
    let asked = |folder: &str| format!("/api/v1/runs/defaults?startFrom={}", tiny_t5(folder));
    let told = http.get(&asked("peft_lora")).await.expect(200);
    assert_eq!((&told["method"], &told["settings"]["loraRank"]), (&json!("lora"), &json!(4)), "{told}");
    let refused = http.get(&asked("nowhere")).await.expect(422);
    assert_eq!(refused["field"], "startFrom", "{refused}");
}

#[tokio::test]
async fn deleting_frees_what_was_said_before() {
    let home = Home::new();
    let source = small_source(&home);
    let (_attune, http) = home.serve();
    let mut events = http.events("/api/v1/events").await;
    let id = started(&http, &json!({ "dataPath": source, "epochs": 1 })).await;
    ended(&mut events, &id).await;
    let said = http.get(&format!("/api/v1/runs/{id}/space")).await.expect(200);
    let freed = http.delete(&format!("/api/v1/runs/{id}")).await.expect(200);
    assert!(said["bytes"].as_u64().unwrap() > 1000, "{said}");
    assert_eq!(said["bytes"], freed["freedBytes"]);
    http.get(&format!("/api/v1/runs/{id}/space")).await.expect(404);
}
