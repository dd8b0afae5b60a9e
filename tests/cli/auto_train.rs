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
