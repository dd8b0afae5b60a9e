//! Wrong words and unusable things: a sentence that names the thing, a way out, a documented code, no panic.

use crate::api::small_source;
use crate::support::{AskAiRow, Home, ask_ai_database};

#[test]
fn every_mistake_has_its_sentence_and_its_exit_code() {
    let home = Home::new();
    let source = small_source(&home);
    ask_ai_database(&home.path("empty.db"), &[AskAiRow::malformed("q")]);
    std::fs::write(home.path("text.db"), "text").unwrap();
    std::fs::write(home.path("blank.csv"), "input,output\n").unwrap();
    std::fs::write(home.path("bad.jsonl"), "{}\n{\"input\": 1, \"output\": \"b\"}\n").unwrap();
    std::fs::write(home.path("utf16.csv"), b"\xFF\xFEa\0,\0b\0").unwrap();
    std::fs::write(home.path("blank.txt"), "\n \n").unwrap();
    let cases: &[(&[&str], i32, &str)] = &[
        (&["trian"], 2, "trian"),
        (&["train", "--epochs", "many"], 2, "--epochs"),
        (&["train", "--db-path"], 2, "--db-path"),
        (&["train", "--method", "magic"], 2, "magic"),
        (&["generate"], 2, "PROMPT"),
        (&["serve", "--port", "65536"], 2, "65536"),
        (&["train"], 3, "--data"),
        (&["train", "--db-path", "missing.db"], 3, "missing.db does not exist"),
        (&["train", "--db-path", "text.db"], 3, "neither one JSON object per line nor two columns"),
        (&["train", "--db-path", "empty.db"], 3, "1 malformed"),
        (&["train", "--data", "a.csv", "--db-path", &source], 2, "--data"),
        (&["train", "--data", "missing.csv"], 3, "missing.csv does not exist"),
        (&["train", "--data", "."], 3, "is not a file"),
        (&["train", "--data", "blank.csv"], 3, "there is no row in"),
        (&["train", "--data", "bad.jsonl"], 3, "line 2: input is not text"),
        (&["train", "--data", "utf16.csv"], 3, "iconv"),
        (&["train", "--db-path", &source, "--epochs", "0"], 3, "--epochs cannot be 0"),
        (&["train", "--db-path", &source, "--learning-rate", "11"], 3, "--learning-rate cannot be 11"),
        (&["train", "--db-path", &source, "--run-id", "latest"], 3, "--run-id cannot be"),
        (&["train", "--db-path", &source, "--base-model", "nobody/nothing"], 3, "attune-mini"),
        (&["train", "--db-path", &source, "--output-dir", "text.db/out"], 3, "text.db/out"),
        (&["generate", "--adapter", "missing", "hello"], 3, "no adapter at"),
        (&["generate", ""], 3, "prompt"),
        (&["generate", "a", "--beams", "2", "--temperature", "1"], 3, "--temperature cannot be 1"),
        (&["generate", "a", "--adapter", "x", "--base-only"], 2, "--base-only"),
        (&["generate", "--prompts", "blank.txt"], 3, "no line in it"),
        (&["auto-train", "--generator", "attune-mini"], 2, "base:NAME"),
        (&["auto-train", "--generator", "magic:attune-mini"], 2, "endpoint:NAME"),
        (&["auto-train", "--generator", "base:nobody/nothing"], 3, "attune-mini"),
        (&["auto-train", "--generator", "adapter:missing"], 3, "there is no run and no folder \"missing\""),
        (&["auto-train", "--generator", "endpoint:Nobody"], 3, "there is no endpoint \"Nobody\""),
        (&["auto-train", "--generator", "file:missing.gguf"], 3, "missing.gguf\": there is no such file"),
        (&["auto-train", "--judge", "Nobody"], 3, "Settings, Endpoints"),
        (&["export", "--adapter", "missing", "--output", "out"], 3, "no adapter at"),
        (&["export", "--adapter", "missing"], 2, "--output"),
        (&["--data-dir", "text.db", "generate", "hello"], 5, "text.db"),
    ];
    for (arguments, code, words) in cases {
        let finished = home.run(*arguments);
        assert_eq!(finished.code, Some(*code), "{arguments:?}: {finished:?}");
        assert!(finished.stderr.contains(words), "{arguments:?}: {finished:?}");
        assert!(!finished.stderr.contains("panicked"), "{arguments:?}: {finished:?}");
        assert_eq!(finished.stdout, "", "{arguments:?}: a mistake is no result");
    }
}

#[test]
fn a_taken_port_is_named_with_the_way_out() {
    let home = Home::new();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let finished = home.run(["serve", "--port", &port]);
    assert_eq!(finished.code, Some(5), "{finished:?}");
    assert!(finished.stderr.contains(&port) && finished.stderr.contains("--port 0"), "{finished:?}");
}

#[test]
fn a_database_of_a_newer_attune_is_refused() {
    let home = Home::new();
    std::fs::create_dir(home.data()).unwrap();
    let database = rusqlite::Connection::open(home.data().join("attune.db")).unwrap();
    database.pragma_update(None, "user_version", 999).unwrap();
    let finished = home.run(["generate", "hello"]);
    assert_eq!(finished.code, Some(5), "{finished:?}");
    assert!(finished.stderr.contains("newer Attune"), "{finished:?}");
}
