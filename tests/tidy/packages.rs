//! Between the Rust packages: who may depend on whom, as cargo sees it.
//!
//! `cargo metadata` is called and read here with the serde_json that the application has. The crate
//! cargo_metadata would switch a feature of serde_json on, and so compile half the application a second
//! time between `cargo build` and `cargo test`.

use std::process::Command;

use serde_json::{Value, json};

use super::tree::{Finding, report, root};

/// What a member package must never depend on directly, in any section of its manifest.
const NEVER: [(&str, &[&str], &str); 2] = [
    (
        "attune-tuning",
        &[
            "tokio",
            "rusqlite",
            "axum",
            "tauri",
            "hyper",
            "hyper-util",
            "reqwest",
            "ureq",
            "hf-hub",
            "clap",
            "tower",
            "interprocess",
            "attune",
            "attune-engine",
            "candle-nn",
            "candle-transformers",
        ],
        "the mathematics knows no runtime, no database, no network and no foreign model code",
    ),
    (
        "attune-engine",
        &["axum", "tauri", "hyper", "tower", "tower-http", "utoipa", "clap", "indicatif", "attune"],
        "the product knows no door that it is reached through",
    ),
];

/// What nothing in the workspace may depend on under `[dev-dependencies]`.
const NEVER_FOR_TESTS: [&str; 4] = ["tauri", "reqwest", "fantoccini", "cargo_metadata"];

fn keep_their_direction(metadata: &Value) -> Vec<Finding> {
    let mut findings = Vec::new();
    for package in list(&metadata["packages"]) {
        let name = text(&package["name"]);
        let forbidden = NEVER.iter().find(|(member, ..)| *member == name);
        for dependency in list(&package["dependencies"]) {
            let wanted = text(&dependency["name"]);
            let for_tests = dependency["kind"] == "dev";
            if let Some((.., reason)) = forbidden.filter(|(_, never, _)| never.contains(&wanted)) {
                findings.push(Finding(format!(
                    "{name}/Cargo.toml: {name} must not depend on {wanted}; {reason}; move the code to the package above"
                )));
            } else if name == "xtask" {
                findings.push(Finding(format!(
                    "xtask/Cargo.toml: xtask must not depend on {wanted}; a newcomer compiles it first; use the standard library"
                )));
            } else if for_tests && NEVER_FOR_TESTS.contains(&wanted) {
                findings.push(Finding(format!(
                    "{name}/Cargo.toml: {wanted} must not be a dev-dependency; it changes features that the application \
                     shares, so cargo test compiles them again; tests/support has what tests need"
                )));
            }
        }
    }
    findings
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

#[test]
fn packages_depend_only_on_packages_below_them() {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--no-deps", "--offline"])
        .current_dir(root())
        .output()
        .expect("cargo starts, as it started this test");
    assert!(output.status.success(), "cargo metadata failed: {}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("cargo metadata prints JSON");
    let names: Vec<&str> = list(&metadata["packages"]).iter().map(|package| text(&package["name"])).collect();
    for (name, ..) in NEVER {
        assert!(
            names.contains(&name),
            "{name} is not in the workspace, so its rule judges nothing; correct tests/tidy/packages.rs"
        );
    }
    report(keep_their_direction(&metadata));
}

#[test]
fn a_dependency_against_the_direction_is_found() {
    let package =
        |name: &str, dependency: Value| json!({"packages": [{"name": name, "dependencies": [dependency]}]});
    for (name, dependency) in [
        ("attune-tuning", json!({"name": "tokio", "kind": null})),
        ("attune-tuning", json!({"name": "rusqlite", "kind": "dev"})),
        ("attune-engine", json!({"name": "axum", "kind": null})),
        ("xtask", json!({"name": "serde_json", "kind": "build"})),
        ("attune", json!({"name": "cargo_metadata", "kind": "dev"})),
    ] {
        assert_eq!(keep_their_direction(&package(name, dependency)).len(), 1, "{name}");
    }
    for (name, dependency) in [
        ("attune", json!({"name": "tauri", "kind": null})),
        ("attune-engine", json!({"name": "tokio", "kind": null})),
        ("attune-tuning", json!({"name": "candle-core", "kind": null})),
    ] {
        assert_eq!(keep_their_direction(&package(name, dependency)), [], "{name}");
    }
}
