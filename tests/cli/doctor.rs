//! `attune doctor`, and the log that it helps to read.

use serde_json::Value;

use crate::support::Home;

#[test]
fn the_doctor_looks_at_everything_and_changes_nothing() {
    let home = Home::new();
    let finished = home.run(["doctor", "--json"]);
    assert_eq!(finished.code, Some(0), "{finished:?}");
    let findings: Vec<Value> = serde_json::from_str(&finished.stdout).unwrap();
    let checks: Vec<&str> = findings.iter().filter_map(|finding| finding["check"].as_str()).collect();
    let all =
        ["data folder", "database", "disk", "memory", "processor", "base models", "environment", "owner"];
    assert_eq!(checks, all);
    assert!(!home.data().exists());
}

#[test]
fn the_doctor_leaves_a_used_data_folder_as_it_is() {
    let home = Home::new();
    assert_eq!(home.run(["generate", "Repeat: hello"]).code, Some(0));
    let files = || {
        let mut files: Vec<_> =
            std::fs::read_dir(home.data()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        files.sort();
        files
    };
    let before = files();
    assert_eq!(home.run(["doctor"]).code, Some(0));
    assert_eq!(files(), before);
}

#[test]
fn an_empty_variable_names_no_folder() {
    let home = Home::new();
    let output = home.command(["doctor", "--json"]).env("ATTUNE_DATA_DIR", "").output().unwrap();
    let findings: Vec<Value> = serde_json::from_slice(&output.stdout).unwrap();
    assert!(findings[0]["found"].as_str().unwrap().starts_with(home.path("share").to_str().unwrap()));
}

#[test]
fn the_doctor_names_the_owner_and_its_address() {
    let home = Home::new();
    let (attune, http) = home.serve();
    let finished = home.run(["doctor"]);
    assert_eq!(finished.code, Some(0), "{finished:?}");
    assert!(finished.stdout.contains(&http.address()), "{finished:?}");
    assert!(finished.stdout.contains(&attune.process_id().to_string()), "{finished:?}");
}

#[test]
fn the_doctor_names_a_variable_that_cannot_be_used() {
    let home = Home::new();
    let mut command = home.command(["doctor"]);
    command.env("ATTUNE_TRAINING_EPOCHS", "many");
    let finished = home.start_as(command).wait();
    assert_eq!(finished.code, Some(0), "a warning is no failure: {finished:?}");
    assert!(finished.stdout.contains("ATTUNE_TRAINING_EPOCHS"), "{finished:?}");
}

#[test]
fn a_limited_kernel_is_used_and_told_and_an_unknown_one_keeps_nobody_from_starting() {
    let home = Home::new();
    let doctor = |kernel: &str| {
        let mut command = home.command(["doctor"]);
        command.env("ATTUNE_KERNEL", kernel);
        let finished = home.start_as(command).wait();
        assert_eq!(finished.code, Some(0), "{finished:?}");
        finished.stdout
    };
    let limited = doctor("portable");
    assert!(limited.contains("ATTUNE_KERNEL allows none better than portable"), "{limited}");
    assert!(limited.contains("f32 is computed by portable"), "{limited}");
    let unknown = doctor("fast");
    assert!(unknown.contains("ATTUNE_KERNEL") && unknown.contains("amx-bf16"), "{unknown}");
    let mut command = home.command(["generate", "Repeat: hello"]);
    command.env("ATTUNE_KERNEL", "fast");
    assert_eq!(home.start_as(command).wait().code, Some(0));
}

#[test]
fn a_damaged_database_is_a_failure_with_the_way_out() {
    let home = Home::new();
    std::fs::create_dir(home.data()).unwrap();
    std::fs::write(home.data().join("attune.db"), "x".repeat(4096)).unwrap();
    let finished = home.run(["doctor"]);
    assert_eq!(finished.code, Some(5), "{finished:?}");
    assert!(finished.stdout.contains("attune.db") && finished.stdout.contains("backup"), "{finished:?}");
}

#[tokio::test]
async fn requests_are_logged_with_an_id_that_the_answer_carries_and_without_secrets() {
    let home = Home::new();
    let mut command = home.command(["serve", "--port", "0"]);
    command.env("HF_TOKEN", "hf_never_to_be_seen");
    let (attune, http) = home.serve_as(command);
    let path = "/api/v1/runs/hf_never_to_be_seen";
    let answer = http.get(path).await;
    answer.expect(404);
    let id = answer.header("x-request-id").expect("an answer has an id").to_owned();
    attune.interrupt();
    let logs: String = std::fs::read_dir(home.data().join("logs"))
        .unwrap()
        .map(|entry| std::fs::read_to_string(entry.unwrap().path()).unwrap())
        .collect();
    assert!(logs.contains(&id), "{logs}");
    assert!(logs.contains("/api/v1/runs/[secret]") && !logs.contains("hf_never"), "{logs}");
}
