//! Rows that are held out, the self-check, and what else decides how a run goes.

use serde_json::{Value, json};

use super::{ended, many_rows, own_base, small_source, started, step_of};
use crate::support::Home;

#[tokio::test]
async fn the_rows_held_out_choose_the_adapter_that_is_published() {
    let home = Home::new();
    let rows = many_rows(&home, 60);
    let (_attune, http) = home.serve();
    let mut events = http.events("/api/v1/events").await;
    // Rates so high that the last evaluation is not the best.
    let wanted = json!({ "dataPath": rows, "epochs": 6, "batchSize": 8, "learningRate": 3.0, "patience": 0,
        "decay": "constant", "outputDir": home.path("out") });
    let predicted = http.post("/api/v1/runs/memory", &wanted).await.expect(200);
    let id = started(&http, &wanted).await;
    let (mut phases, mut seen, mut memory) = (Vec::new(), Vec::new(), 0);
    let run = loop {
        let event = events.next().await.unwrap();
        let data = event.json();
        match event.name.as_str() {
            "validation" => {
                assert_eq!(data["runId"], id);
                seen.push(data["validation"].clone());
            }
            "run" if data["run"]["status"] == "running" => {
                memory = memory.max(data["run"]["memoryBytes"].as_u64().unwrap_or(0));
                if let Some(phase) =
                    data["run"]["phase"].as_str().filter(|phase| !phases.contains(&(*phase).to_owned()))
                {
                    phases.push(phase.to_owned());
                }
            }
            "run" if data["run"]["status"] != "queued" => break data["run"].clone(),
            _ => {}
        }
    };
    assert_eq!(run["status"], "completed", "{run}");
    assert_eq!(phases, ["loading", "preparing", "checking", "training", "evaluating", "saving"]);
    assert!(memory > 1_000_000, "the worker's memory was told: {memory}");
    let needed = predicted["neededBytes"].as_u64().unwrap();
    assert!(memory < needed, "{memory} bytes of memory where {needed} were predicted at most");
    assert!(predicted["freeBytes"].as_u64() > Some(memory), "{predicted}");
    let computation = &run["computation"];
    assert!(["f32", "bf16"].contains(&computation["precision"].as_str().unwrap()), "{computation}");
    assert!(!computation["kernel"].as_str().unwrap().is_empty(), "{computation}");
    assert!(!computation["why"].as_str().unwrap().is_empty(), "{computation}");
    let held_out = run["heldOut"].as_u64().unwrap();
    assert!(run["samplesUsed"] == 60 && (1..20).contains(&held_out), "{run}");
    assert_eq!(run["notices"], json!([]));
    assert!(run["selfCheck"]["lossAfter"].as_f64() < run["selfCheck"]["lossBefore"].as_f64(), "{run}");

    let metrics = http.get(&format!("/api/v1/runs/{id}/metrics")).await.expect(200);
    let curve = metrics["validation"].as_array().unwrap();
    assert_eq!(curve, &seen, "the curve is what was told");
    assert_eq!(curve.len(), 6, "one evaluation after each epoch");
    let lowest = curve
        .iter()
        .min_by(|a, b| a["loss"].as_f64().unwrap().total_cmp(&b["loss"].as_f64().unwrap()))
        .unwrap();
    assert_eq!((&run["validationLoss"], &run["bestStep"]), (&lowest["loss"], &lowest["step"]), "{run}");

    let latest = attune_engine::AdapterFolder::open(&home.path("out/latest")).unwrap();
    let record = json!(latest.record());
    assert_eq!((&record["validation_loss"], &record["best_step"]), (&lowest["loss"], &lowest["step"]));
    assert_eq!(record["held_out"], held_out);
    assert_eq!(record["settings"]["decay"], "constant");
    assert_eq!((&record["settings"]["precision"], &record["computation"]), (&json!("auto"), computation));
    assert_eq!(record["settings"]["dropout"], 0.0);
}

#[tokio::test]
async fn a_run_ends_early_when_the_held_out_loss_improves_no_more() {
    let home = Home::new();
    let rows = many_rows(&home, 60);
    let (_attune, http) = home.serve();
    let mut events = http.events("/api/v1/events").await;
    let wanted = json!({ "dataPath": rows, "epochs": 100, "batchSize": 8, "learningRate": 10.0, "warmupSteps": 0,
        "decay": "constant", "validationSteps": 2, "patience": 2, "skipSelfCheck": true });
    let id = started(&http, &wanted).await;
    let run = ended(&mut events, &id).await;
    assert_eq!((&run["status"], &run["stopped"]), (&json!("completed"), &json!("early")), "{run}");
    assert!(run["step"].as_u64() < run["totalSteps"].as_u64(), "{run}");
    assert_eq!(run["step"].as_u64().unwrap() - run["bestStep"].as_u64().unwrap(), 4, "{run}");
    assert_eq!((&run["resumable"], &run["selfCheck"]), (&json!(false), &json!(null)));
}

#[tokio::test]
async fn of_few_rows_all_are_used_and_a_notice_says_so() {
    let home = Home::new();
    let source = small_source(&home);
    let (_attune, http) = home.serve();
    let mut events = http.events("/api/v1/events").await;
    let id = started(&http, &json!({ "databasePath": source, "epochs": 1 })).await;
    let run = ended(&mut events, &id).await;
    assert_eq!((&run["heldOut"], &run["validationLoss"]), (&json!(0), &json!(null)), "{run}");
    assert!(run["notices"].to_string().contains("All 4 rows are used"), "{run}");
    let one = home.path("one.jsonl");
    std::fs::write(&one, "{\"input\": \"Light?\", \"output\": \"On.\"}\n").unwrap();
    let id = started(&http, &json!({ "dataPath": one, "epochs": 1 })).await;
    let run = ended(&mut events, &id).await;
    assert_eq!((&run["status"], &run["samplesUsed"]), (&json!("completed"), &json!(1)), "{run}");
    assert!(run["notices"].to_string().contains("The only row is used"), "{run}");
}

#[tokio::test]
async fn settings_that_learn_nothing_fail_the_self_check_with_the_way_round_it() {
    let home = Home::new();
    let source = small_source(&home);
    let (_attune, http) = home.serve();
    let mut events = http.events("/api/v1/events").await;
    let mut wanted = json!({ "databasePath": source, "epochs": 1, "learningRate": 1e-7 });
    let id = started(&http, &wanted).await;
    let run = ended(&mut events, &id).await;
    let why = run["errorMessage"].as_str().unwrap_or_default();
    assert_eq!((&run["status"], &run["resumable"]), (&json!("failed"), &json!(false)), "{run}");
    assert!(why.contains("learned nothing") && why.contains("--skip-self-check"), "{why}");
    wanted["skipSelfCheck"] = json!(true);
    let id = started(&http, &wanted).await;
    assert_eq!(ended(&mut events, &id).await["status"], "completed");
}

#[tokio::test]
async fn a_rate_that_explodes_fails_the_run_with_the_reason() {
    let home = Home::new();
    let source = small_source(&home);
    let (_attune, http) = home.serve();
    let mut events = http.events("/api/v1/events").await;
    // Each step takes nine times the values away: forty of them are beyond any number.
    let wanted = json!({ "databasePath": source, "epochs": 100, "learningRate": 10.0, "weightDecay": 1.0,
        "warmupSteps": 0, "decay": "constant", "skipSelfCheck": true });
    let id = started(&http, &wanted).await;
    let run = ended(&mut events, &id).await;
    let why = run["errorMessage"].as_str().unwrap_or_default();
    assert_eq!(run["status"], "failed", "{run}");
    assert!(
        why.contains("is not finite at learning rate") && why.contains("lower the learning rate"),
        "{why}"
    );
    // It would leave the numbers at the same step again.
    assert_eq!(run["resumable"], false, "{run}");
}

#[tokio::test]
async fn rows_that_are_too_long_are_cut_and_counted() {
    let home = Home::new();
    let long = home.path("long.jsonl");
    let words = "light ".repeat(400);
    let lines = [("Short?", "On."), (&words, "On."), ("Short?", &words)]
        .map(|(input, output)| json!({ "input": input, "output": output }).to_string());
    std::fs::write(&long, lines.join("\n")).unwrap();
    let (_attune, http) = home.serve();
    let mut events = http.events("/api/v1/events").await;
    let id = started(&http, &json!({ "dataPath": long, "epochs": 1, "skipSelfCheck": true })).await;
    let run = ended(&mut events, &id).await;
    assert_eq!(run["status"], "completed", "{run}");
    assert!(run["notices"].to_string().contains("2 rows are longer than 128 tokens"), "{run}");
}

#[tokio::test]
async fn a_base_that_goes_while_a_run_waits_fails_it_with_the_path() {
    let home = Home::new();
    let source = small_source(&home);
    let base = own_base(&home);
    let (_attune, http) = home.serve();
    let mut events = http.events("/api/v1/events").await;
    let long = started(&http, &json!({ "databasePath": source, "epochs": 1000, "baseModel": base })).await;
    let waiting = started(&http, &json!({ "databasePath": source, "baseModel": base })).await;
    step_of(&mut events, &long, 1).await;
    std::fs::remove_dir_all(&base).unwrap();
    // The one at work has its base in memory.
    step_of(&mut events, &long, 5).await;
    http.post(&format!("/api/v1/runs/{long}/cancel"), &json!({})).await.expect(202);
    let run = ended(&mut events, &waiting).await;
    let why = run["errorMessage"].as_str().unwrap_or_default();
    assert_eq!(run["status"], "failed", "{run}");
    assert!(why.contains(base.to_str().unwrap()) && why.contains("fetch or copy it again"), "{why}");
}

#[tokio::test]
async fn every_setting_that_was_asked_for_is_the_one_that_is_used_and_shown() {
    let home = Home::new();
    let rows = many_rows(&home, 60);
    let (_attune, http) = home.serve();
    let mut events = http.events("/api/v1/events").await;
    let settings = json!({ "promptRows": 7, "initialPrompt": "text", "initialText": "Lights at home",
        "warmupSteps": 2, "decay": "cosine", "accumulationSteps": 2, "batchTokens": 200, "gradientClip": 0.5,
        "weightDecay": 0.01, "dropout": 0.1, "precision": "bf16", "patience": 1, "validationSteps": 3, "sourceMaxTokens": 40,
        "targetMaxTokens": 30, "maxSamples": 55 });
    let mut wanted = settings.clone();
    let more = json!({ "dataPath": rows, "epochs": 1, "batchSize": 4, "outputDir": home.path("out") });
    wanted.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let id = started(&http, &wanted).await;
    let run = ended(&mut events, &id).await;
    assert_eq!((&run["status"], &run["samplesUsed"]), (&json!("completed"), &json!(55)), "{run}");
    for (name, value) in settings.as_object().unwrap() {
        assert_eq!(&run["settings"][name], value, "{name}");
    }
    let latest = attune_engine::AdapterFolder::open(&home.path("out/latest")).unwrap();
    let record = json!(latest.record());
    assert_eq!(record["settings"]["prompt"]["text"], "Lights at home");
    assert_eq!(record["settings"]["batch_tokens"], 200);
    assert_eq!(record["computation"]["precision"], "bf16");
    assert_eq!(record["computation"]["kernel"], run["computation"]["kernel"]);
    let config = std::fs::read(home.path("out/latest/adapter_config.json")).unwrap();
    assert_eq!(serde_json::from_slice::<Value>(&config).unwrap()["num_virtual_tokens"], 7);
    let steps = http.get(&format!("/api/v1/runs/{id}/metrics")).await.expect(200);
    let evaluated: Vec<_> =
        steps["validation"].as_array().unwrap().iter().map(|at| at["step"].clone()).collect();
    assert_eq!(evaluated[0], 3, "{steps}");
}

#[tokio::test]
async fn the_memory_of_a_run_is_predicted_from_its_base_its_batches_and_its_numbers() {
    let home = Home::new();
    let (_attune, http) = home.serve();
    let mut needed = Vec::new();
    for wanted in [
        json!({ "precision": "bf16", "batchSize": 1 }),
        json!({ "precision": "f32", "batchSize": 1 }),
        json!({ "precision": "f32", "batchSize": 8 }),
        json!({ "precision": "f32", "batchSize": 8, "method": "lora", "loraRank": 256 }),
    ] {
        let predicted = http.post("/api/v1/runs/memory", &wanted).await.expect(200);
        needed.push(predicted["neededBytes"].as_u64().unwrap());
    }
    assert!(needed.is_sorted_by(|less, more| less < more), "{needed:?}");
    let tiny = json!({ "baseModel": super::tiny_t5(""), "precision": "f32", "batchSize": 1 });
    let tiny = http.post("/api/v1/runs/memory", &tiny).await.expect(200);
    assert!(tiny["neededBytes"].as_u64().unwrap() < needed[1], "{tiny}");
    let refused = http.post("/api/v1/runs/memory", &json!({ "batchSize": 0 })).await.expect(422);
    assert_eq!(refused["field"], "batchSize", "{refused}");
}
