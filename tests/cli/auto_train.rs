//! `attune auto-train`: who writes and who judges, as a command names them.

use serde_json::{Value, json};

use crate::api::endpoints::{KEY, endpoint};
use crate::api::small_source;
use crate::support::Home;

#[tokio::test]
async fn generators_and_the_judge_are_named_as_people_call_them() {
    let home = Home::new();
    let base_url = endpoint();
    std::fs::create_dir_all(home.data()).expect("a data folder");
    let variables = format!("OPENAI_API_KEY={KEY}\nOPENAI_BASE_URL={base_url}\n");
    std::fs::write(home.data().join(".env.local"), variables).expect("variables");
    let source = small_source(&home);
    let trained = home.run(["train", "--db-path", &source, "--run-id", "own one", "--epochs", "1"]);
    assert_eq!(trained.code, Some(0), "{trained:?}");

    let (_attune, http) = home.serve();
    let id = format!("end_{}", ulid::Ulid::generate());
    let wanted = json!({"id": id, "name": "My server", "baseUrl": base_url, "model": "small"});
    http.post("/api/v1/endpoints", &wanted).await.expect(201);
    let arguments = ["auto-train", "--examples", "1", "--generator", "base:attune-mini", "--generator"];
    let more = ["adapter:own one", "--generator", "endpoint:My server", "--judge", "My server", "--json"];
    let finished = home.run([arguments.as_slice(), &more].concat());
    assert_eq!(finished.code, Some(0), "{finished:?}");
    assert!(!finished.stderr.contains("not on this computer"), "{finished:?}");

    let run = http.get("/api/v1/runs?limit=1").await.expect(200);
    let batch = http.get("/api/v1/batches?limit=1").await.expect(200)[0].clone();
    assert_eq!(
        batch["generators"],
        json!([
            {"kind": "local_t5", "baseModel": "attune-mini", "adapter": null},
            {"kind": "local_t5", "baseModel": null, "adapter": run[0]["runDirectory"]},
            {"kind": "endpoint", "endpoint": id},
        ])
    );
    assert_eq!(batch["judge"], Value::String(id));
    let page = http.get("/api/v1/examples?limit=1").await.expect(200);
    assert_eq!(page["examples"][0]["provenance"]["candidates"], 3, "all of them wrote");

    let mistaken = home.run(["auto-train", "--generator", "endpoint:Your server"]);
    assert_eq!(mistaken.code, Some(3), "{mistaken:?}");
    assert!(mistaken.stderr.contains("There are: My server."), "{mistaken:?}");
    let mistaken = home.run(["auto-train", "--generator", "adapter:own two"]);
    assert!(mistaken.stderr.contains("with an adapter: own one."), "{mistaken:?}");
}

#[tokio::test]
async fn what_goes_to_another_computer_is_said_before_it_goes() {
    let home = Home::new();
    let (_attune, http) = home.serve();
    let id = format!("end_{}", ulid::Ulid::generate());
    let wanted =
        json!({"id": id, "name": "Far away", "baseUrl": "https://models.invalid/v1", "model": "large"});
    http.post("/api/v1/endpoints", &wanted).await.expect(201);
    // Nothing is asked of it: 0 is refused before.
    let refused = home.run(["auto-train", "--examples", "0", "--judge", "Far away"]);
    assert_eq!(refused.code, Some(3), "{refused:?}");
    let said = refused.stderr.find("what it costs is not known here").expect("the note");
    assert!(refused.stderr.find("error:").is_some_and(|error| said < error), "{refused:?}");
}

#[test]
fn it_prints_what_the_older_door_answers_and_tunes_on_it_if_that_is_wanted() {
    let home = Home::new();
    let wanted = ["auto-train", "--examples", "10", "--genres", "fantasy,sci_fi", "--user", "ada"];
    let more = ["--seed", "5", "--until-kept", "--then", "train", "--json"];
    let finished = home.run([wanted.as_slice(), &more].concat());
    assert_eq!(finished.code, Some(0), "{finished:?}");
    let told: Value = serde_json::from_str(&finished.stdout).unwrap();
    let sum = |name: &str| told[name].as_u64().unwrap();
    assert_eq!((sum("total_requested"), sum("successful")), (10, 10), "{told}");
    assert!(told["average_quality"].as_f64().unwrap() >= 7.0, "{told}");
    let spread = told["genre_distribution"].as_object().unwrap();
    assert!(spread.keys().eq(["fantasy", "sci_fi"]), "{told}");
    assert_eq!(told["training_stats"], json!({"training_examples": 10, "examples_until_next_training": 40}));
    let run = &told["run"];
    assert_eq!((&run["runIdentifier"], &run["status"]), (&json!("zega-ada"), &json!("completed")), "{run}");
    assert_eq!(run["samplesUsed"], 10);

    let again = home.run(["auto-train", "--examples", "1", "--user", "ada"]);
    assert_eq!(again.code, Some(0), "{again:?}");
    assert!(again.stdout.contains("Average quality"), "{again:?}");
    let unknown = home.run(["auto-train", "--genres", "western"]);
    assert_eq!(unknown.code, Some(3), "{unknown:?}");
    assert!(unknown.stderr.contains("western") && unknown.stderr.contains("thriller"), "{unknown:?}");
}

#[test]
fn with_the_setting_a_command_tunes_on_the_fiftieth_example_by_itself() {
    let home = Home::new();
    std::fs::create_dir_all(home.data()).expect("a data folder");
    let variable = "ATTUNE_AUTOMATIC_TUNING_ENABLED=on\n";
    std::fs::write(home.data().join(".env.local"), variable).expect("a variable");
    let finished = home.run(["auto-train", "--examples", "50", "--until-kept", "--seed", "1", "--json"]);
    assert_eq!(finished.code, Some(0), "{finished:?}");
    let told: Value = serde_json::from_str(&finished.stdout).unwrap();
    assert_eq!((&told["successful"], &told["run"]["samplesUsed"]), (&json!(50), &json!(50)), "{told}");
    assert_eq!(told["run"]["status"], "completed", "{told}");
}
