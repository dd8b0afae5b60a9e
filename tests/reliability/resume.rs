//! A run that was stopped in whatever way goes on to the very adapter that it would have become.

use std::path::Path;

use serde_json::{Value, json};

use super::{child_of, end};
use crate::api::{ended, many_rows, started, step_of};
use crate::support::{Events, Home, Http};

/// Fifteen epochs of seven steps and an evaluation: enough to be met in the middle.
fn wanted(home: &Home, name: &str) -> Value {
    json!({ "dataPath": many_rows(home, 60), "outputDir": home.path("out"), "runIdentifier": name, "epochs": 15,
        "batchSize": 8, "dropout": 0.1, "decay": "cosine", "patience": 0, "seed": 3 })
}

/// Goes on from a run to its end, and compares everything that was computed.
async fn goes_on_to_the_same(home: &Home, http: &Http, events: &mut Events, old: &str, whole: &Whole) {
    let old = http.get(&format!("/api/v1/runs/{old}")).await.expect(200);
    assert_eq!(old["resumable"], true, "{old}");
    let id = started(http, &json!({ "resumeFrom": old["id"] })).await;
    let run = ended(events, &id).await;
    assert_eq!((&run["status"], &run["stopped"]), (&json!("completed"), &json!(null)), "{run}");
    let found = Whole::of(http, &run).await;
    assert!(found.weights == whole.weights, "the weights differ: {run}, after {old}");
    assert_eq!(&found, whole, "after {old}");
    assert_eq!(run["resumable"], false, "nobody needs the checkpoint any more");
    assert!(!home.data().join("runs").join(&id).join("checkpoint").exists());
}

/// What must not differ by a bit.
#[derive(PartialEq)]
struct Whole {
    weights: Vec<u8>,
    numbers: [Value; 4],
    steps: Vec<[Value; 4]>,
    evaluations: Value,
}

impl std::fmt::Debug for Whole {
    /// Without the weights, which nobody can read.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{:?} {:?} {}", self.numbers, self.steps, self.evaluations)
    }
}

impl Whole {
    async fn of(http: &Http, run: &Value) -> Self {
        let folder = Path::new(run["runDirectory"].as_str().expect("a run has a folder"));
        let id = run["id"].as_str().expect("a run has an id");
        let metrics = http.get(&format!("/api/v1/runs/{id}/metrics")).await.expect(200);
        let fields = ["step", "loss", "learningRate", "gradientNorm"];
        let steps = metrics["points"].as_array().expect("a list of steps").iter();
        Self {
            weights: std::fs::read(folder.join("adapter_model.safetensors")).expect("the adapter"),
            numbers: ["adapterDigest", "finalLoss", "validationLoss", "bestStep"]
                .map(|field| run[field].clone()),
            steps: steps.map(|point| fields.map(|field| point[field].clone())).collect(),
            evaluations: metrics["validation"].clone(),
        }
    }
}

#[tokio::test]
async fn a_run_that_was_stopped_killed_or_shut_down_goes_on_to_the_very_same_adapter() {
    let home = Home::new();
    let (attune, http) = home.serve();
    let mut events = http.events("/api/v1/events").await;
    let id = started(&http, &wanted(&home, "whole")).await;
    let run = ended(&mut events, &id).await;
    assert_eq!(run["status"], "completed", "{run}");
    let whole = Whole::of(&http, &run).await;
    assert_eq!((whole.steps.len(), whole.evaluations.as_array().unwrap().len()), (105, 15));

    // Stopped and saved, gone on from, stopped again.
    let mut stopped = started(&http, &wanted(&home, "stopped")).await;
    for step in [10, 40] {
        step_of(&mut events, &stopped, step).await;
        http.post(&format!("/api/v1/runs/{stopped}/stop"), &json!({})).await.expect(202);
        assert_eq!(ended(&mut events, &stopped).await["stopped"], "asked");
        if step == 10 {
            stopped = started(&http, &json!({ "resumeFrom": stopped })).await;
        }
    }
    goes_on_to_the_same(&home, &http, &mut events, &stopped, &whole).await;

    // Its worker is killed.
    let id = started(&http, &wanted(&home, "worker-killed")).await;
    step_of(&mut events, &id, 30).await;
    end(child_of(attune.process_id()).expect("the worker of the run"));
    let run = ended(&mut events, &id).await;
    assert_eq!(run["status"], "failed", "{run}");
    goes_on_to_the_same(&home, &http, &mut events, &id, &whole).await;

    // Its owner is killed: the worker sees that nobody listens.
    let id = started(&http, &wanted(&home, "owner-killed")).await;
    step_of(&mut events, &id, 30).await;
    attune.kill();
    let (attune, http) = home.serve();
    let mut events = http.events("/api/v1/events").await;
    assert_eq!(http.get(&format!("/api/v1/runs/{id}")).await.expect(200)["status"], "interrupted");
    goes_on_to_the_same(&home, &http, &mut events, &id, &whole).await;

    // Its owner is told to end.
    let id = started(&http, &wanted(&home, "shut-down")).await;
    step_of(&mut events, &id, 30).await;
    assert_eq!(attune.interrupt().code, Some(0));
    let (_attune, http) = home.serve();
    let mut events = http.events("/api/v1/events").await;
    goes_on_to_the_same(&home, &http, &mut events, &id, &whole).await;
}

#[tokio::test]
async fn a_run_that_is_killed_in_its_first_epoch_goes_on_from_the_checkpoint_that_was_due() {
    let home = Home::new();
    let one_epoch = |name: &str| {
        json!({ "dataPath": many_rows(&home, 200), "outputDir": home.path("out"), "runIdentifier": name, "epochs": 1,
            "batchSize": 2, "seed": 3 })
    };
    let (attune, http) = home.serve();
    let mut events = http.events("/api/v1/events").await;
    let id = started(&http, &one_epoch("whole")).await;
    let run = ended(&mut events, &id).await;
    assert_eq!(run["status"], "completed", "{run}");
    let whole = Whole::of(&http, &run).await;

    let id = started(&http, &one_epoch("too-early")).await;
    step_of(&mut events, &id, 3).await;
    end(child_of(attune.process_id()).expect("the worker of the run"));
    let run = ended(&mut events, &id).await;
    assert_eq!(run["resumable"], false, "no half minute has passed, and no epoch: {run}");
    attune.interrupt();

    let mut hurried = home.command(["serve", "--port", "0"]);
    hurried.env("FAILPOINTS", "checkpoint::interval=return");
    let (attune, http) = home.serve_as(hurried);
    let mut events = http.events("/api/v1/events").await;
    let id = started(&http, &one_epoch("killed")).await;
    step_of(&mut events, &id, 20).await;
    end(child_of(attune.process_id()).expect("the worker of the run"));
    let run = ended(&mut events, &id).await;
    let words = run["errorMessage"].as_str().expect("a failed run says why");
    assert!(words.contains("Go on from its last checkpoint"), "{words}");
    goes_on_to_the_same(&home, &http, &mut events, &id, &whole).await;
}
