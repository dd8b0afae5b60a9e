//! The description of the contract, as it is committed for the page's client.

use std::path::Path;

use serde_json::Value;

use crate::support::Home;

#[test]
fn the_committed_description_is_the_one_the_router_gives() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("ui/src/api/openapi.json");
    let committed = std::fs::read_to_string(&path).unwrap();
    let committed: Value = serde_json::from_str(&committed).unwrap();
    let described = serde_json::to_value(attune::api::openapi()).unwrap();
    assert!(committed == described, "{} is out of date: run `cargo xtask generate`", path.display());
}

#[test]
fn the_committed_page_of_commands_is_the_one_that_the_program_prints() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/guide/cli.md");
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    let printed = Home::new().run(["reference"]).stdout;
    assert!(
        committed.trim_end() == printed.trim_end(),
        "{} is out of date: run `cargo xtask generate`",
        path.display()
    );
    assert!(committed.contains("## `attune models fetch`") && committed.contains("`--epochs EPOCHS`"));
}

#[test]
fn every_failure_is_described_as_a_problem() {
    let described = serde_json::to_value(attune::api::openapi()).unwrap();
    for (path, methods) in described["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            for (status, response) in operation["responses"].as_object().unwrap() {
                if status.starts_with('4') {
                    let schema = response.pointer("/content/application~1json/schema/$ref");
                    let problem = Some("#/components/schemas/Problem");
                    assert_eq!(schema.and_then(Value::as_str), problem, "{method} {path} {status}");
                }
            }
        }
    }
}
