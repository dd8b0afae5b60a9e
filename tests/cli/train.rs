//! The main job from a terminal.

use std::io::Write;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::api::small_source;
use crate::support::Home;

#[test]
fn a_database_goes_in_and_a_served_answer_comes_out() {
    let home = Home::new();
    let source = small_source(&home);
    let before = std::fs::read(&source).unwrap();
    let trained = home.run([
        "train",
        "--db-path",
        &source,
        "--output-dir",
        "out",
        "--run-id",
        "first",
        "--epochs",
        "1",
    ]);
    assert_eq!(trained.code, Some(0), "{trained:?}");
    assert!(trained.stdout.contains("Trained on 4 rows with attune-mini"), "{trained:?}");
    assert_eq!(std::fs::read(&source).unwrap(), before, "the source is never written");

    let run = home.path("out/first");
    for name in ["adapter_config.json", "adapter_model.safetensors", "tokenizer.json", "metrics.jsonl"] {
        assert!(run.join(name).is_file(), "{name}");
    }
    let record: Value =
        serde_json::from_slice(&std::fs::read(run.join("training_run.json")).unwrap()).unwrap();
    for field in [
        "base_model",
        "samples_used",
        "epochs",
        "learning_rate",
        "run_directory",
        "trained_at",
        "final_loss",
        "run_id",
        "dataset_hash",
        "seed",
        "versions",
    ] {
        assert!(!record[field].is_null(), "{field} is missing in {record}");
    }
    assert_eq!(home.path("out").join("latest").canonicalize().unwrap(), run.canonicalize().unwrap());

    let asked = home.run(["generate", "--adapter", "out/latest", "--json", "Light for the office?"]);
    assert_eq!(asked.code, Some(0), "{asked:?}");
    let answer: Value = serde_json::from_str(&asked.stdout).unwrap();
    assert_eq!(answer["adapterDigest"], record["files"]["adapter_model.safetensors"]);
    assert!(!answer["text"].as_str().unwrap().is_empty());
}

#[test]
fn rows_of_any_kind_train_the_same_adapter() {
    let home = Home::new();
    let pairs = [("Light for the hall?", "Turn on the hall light."), ("Too cold?", "Set the heating to 21.")];
    let lines: String = pairs
        .map(|(input, output)| format!("{{\"input\": \"{input}\", \"output\": \"{output}\"}}\n"))
        .concat();
    let rows: String = pairs.map(|(input, output)| format!("{output};\"{input}\"\r\n")).concat();
    std::fs::write(home.path("rows.jsonl"), format!("{lines}oops\n")).unwrap();
    std::fs::write(home.path("rows.csv"), format!("\u{feff}completion;prompt\r\n{rows}")).unwrap();
    let table = rusqlite::Connection::open(home.path("rows.sqlite")).unwrap();
    table.execute_batch("CREATE TABLE rows (prompt, completion)").unwrap();
    for (input, output) in pairs {
        table.execute("INSERT INTO rows VALUES (?1, ?2)", [input, output]).unwrap();
    }
    drop(table);
    let digests = ["rows.jsonl", "rows.csv", "rows.sqlite"].map(|name| {
        let before = std::fs::read(home.path(name)).unwrap();
        let trained = home.run(["train", "--data", name, "--epochs", "1", "--json"]);
        assert_eq!(trained.code, Some(0), "{name}: {trained:?}");
        assert_eq!(trained.stderr.contains("line 3: not JSON"), name == "rows.jsonl", "{trained:?}");
        assert_eq!(std::fs::read(home.path(name)).unwrap(), before, "the source is never written");
        let run: Value = serde_json::from_str(&trained.stdout).unwrap();
        assert_eq!(run["samplesUsed"], 2, "{name}");
        run["adapterDigest"].clone()
    });
    assert!(digests[0].is_string() && digests.iter().all(|digest| *digest == digests[0]), "{digests:?}");
}

#[test]
fn a_lora_is_trained_saved_and_asked_like_a_soft_prompt() {
    let home = Home::new();
    let source = small_source(&home);
    let arguments =
        ["train", "--data", &source, "--output-dir", "out", "--run-id", "low-rank", "--method", "lora"];
    let sizes = ["--lora-rank", "4", "--lora-targets", "q,v,o", "--epochs", "30", "--batch-size", "4"];
    let trained = home.run(arguments.into_iter().chain(sizes));
    assert_eq!(trained.code, Some(0), "{trained:?}");
    let config = std::fs::read(home.path("out/low-rank/adapter_config.json")).unwrap();
    let config: Value = serde_json::from_slice(&config).unwrap();
    assert_eq!(
        (&config["peft_type"], &config["r"], &config["lora_alpha"]),
        (&"LORA".into(), &4.into(), &8.into())
    );
    let asked = home.run(["generate", "--adapter", "out/latest", "Light for the office?"]);
    assert_eq!(asked.stdout.trim(), "Turn on the office light.", "{asked:?}");
    let mistake = home.run(["train", "--data", &source, "--lora-rank", "4"]);
    assert_eq!(mistake.code, Some(3), "{mistake:?}");
    assert!(mistake.stderr.contains("--lora-rank"), "{mistake:?}");
}

#[test]
fn the_same_seed_gives_the_same_adapter() {
    let home = Home::new();
    let source = small_source(&home);
    let digest = |name: &str, seed: &str| {
        let arguments =
            ["train", "--db-path", &source, "--run-id", name, "--seed", seed, "--epochs", "1", "--json"];
        let trained = home.run(arguments);
        assert_eq!(trained.code, Some(0), "{trained:?}");
        serde_json::from_str::<Value>(&trained.stdout).unwrap()["adapterDigest"].clone()
    };
    let first = digest("a", "5");
    assert_eq!(digest("b", "5"), first);
    assert_ne!(digest("c", "6"), first);
}

#[test]
fn a_database_found_in_the_wild_trains_on_its_nineteen_rows_and_says_that_they_are_all_the_same() {
    let Some(source) = found_in_the_wild() else { return };
    let home = Home::new();
    let before = std::fs::read(&source).unwrap();
    let arguments =
        ["train", "--output-dir", "out", "--max-samples", "2000", "--epochs", "3", "--json", "--db-path"];
    let trained = home.run(arguments.map(PathBuf::from).into_iter().chain([source.clone()]));
    assert_eq!(trained.code, Some(0), "{trained:?}");
    assert!(trained.stderr.contains("All answers are identical"), "{trained:?}");
    let run: Value = serde_json::from_str(&trained.stdout).unwrap();
    assert_eq!(run["samplesUsed"], 19);
    assert_eq!(std::fs::read(&source).unwrap(), before);

    let asked = home.run(["generate", "--adapter", "out/latest", "Create automation for light.office"]);
    assert_eq!(asked.code, Some(0), "{asked:?}");
    // The whole sentence is a matter of chance with so few steps (docs/decisions/0007); its end is not, and the
    // base alone says nothing like it.
    assert!(asked.stdout.trim().ends_with("detected usage patterns."), "{asked:?}");
    let base = home.run(["generate", "Create automation for light.office"]);
    assert!(!base.stdout.contains("usage"), "{base:?}");
}

/// The database lies beside the checkout, or where `ATTUNE_SHARED_DIR` says.
fn found_in_the_wild() -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared");
    let shared = std::env::var_os("ATTUNE_SHARED_DIR").map_or(beside, PathBuf::from);
    let path = shared.join("data/ask_ai/ask_ai_training.db");
    if path.is_file() {
        return Some(path);
    }
    // Not `eprintln!`: what a passing test prints is not shown.
    let skipped =
        format!("SKIPPED: {} is not there; nothing was trained on a database from the wild", path.display());
    writeln!(std::io::stderr(), "{skipped}").expect("standard error takes a line");
    None
}
