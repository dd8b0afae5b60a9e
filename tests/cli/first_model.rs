//! The first model from a terminal, and base and tuned beside each other.

use serde_json::Value;

use crate::support::{Home, until};

#[test]
fn a_first_model_that_is_stopped_is_kept_and_compared_with_its_base() {
    let home = Home::new();
    let (_attune, _http) = home.serve();
    let training = home.start(["first-model"]);
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        let judged = || async {
            let said = training.said();
            if said.contains("on the rows held out") { Ok(()) } else { Err(said) }
        };
        until(judged).await.expect("it is judged by the rows held out");
    });
    let finished = training.interrupt();
    assert_eq!(finished.code, Some(130), "{finished:?}");
    assert!(finished.stderr.contains("comparing base and tuned on 60 rows held out"), "{finished:?}");
    assert!(finished.stdout.contains("Trained on 240 rows with attune-mini"), "{finished:?}");
    assert!(finished.stdout.contains("Exact match: base 0 of 60 (0 %), tuned "), "{finished:?}");
    assert!(finished.stdout.contains("... and 54 more rows."), "{finished:?}");
}

#[test]
fn without_a_display_the_way_to_a_first_model_is_said_until_something_was_trained() {
    let home = Home::new();
    let said = || {
        let attune = home.start::<&str>([]);
        attune.address();
        attune.interrupt().stderr
    };
    assert!(said().contains("attune first-model"));
    let finished = home.run(["train", "--sample", "butler", "--max-samples", "5", "--epochs", "1"]);
    assert_eq!(finished.code, Some(0), "{finished:?}");
    let after = said();
    assert!(after.contains("No display was found") && !after.contains("first-model"), "{after}");
}

#[test]
fn a_run_on_sample_rows_is_compared_by_its_name() {
    let home = Home::new();
    let trained = home.run(["train", "--sample", "butler", "--epochs", "1", "--run-id", "james", "--json"]);
    assert_eq!(trained.code, Some(0), "{trained:?}");
    let run: Value = serde_json::from_str(&trained.stdout).unwrap();
    assert_eq!((&run["method"], &run["epochs"]), (&"lora".into(), &1.into()), "{run}");

    let compared = home.run(["compare", "james", "--json"]);
    assert_eq!(compared.code, Some(0), "{compared:?}");
    let comparison: Value = serde_json::from_str(&compared.stdout).unwrap();
    let rows = comparison["rows"].as_array().unwrap();
    assert_eq!(rows.len(), 60);

    let shown = home.run(["compare", "james", "--rows", "0"]);
    let lines: Vec<&str> = shown.stdout.lines().collect();
    for row in rows {
        let input = format!("  {}", row["input"].as_str().unwrap());
        let at = lines.iter().position(|line| **line == input).unwrap_or_else(|| panic!("{row}: {shown:?}"));
        let mark = if row["tunedIsExact"] == true { '=' } else { 'x' };
        assert_eq!(lines[at + 1], format!("    expected   {}", row["expected"].as_str().unwrap()));
        assert_eq!(lines[at + 3], format!("    tuned    {mark} {}", row["tuned"].as_str().unwrap()));
    }
    let exact = comparison["tunedExact"].as_u64().unwrap();
    assert!(shown.stdout.contains(&format!("tuned {exact} of 60 ({} %)", 100 * exact / 60)), "{shown:?}");

    let nobody = home.run(["compare", "nobody"]);
    assert_eq!(nobody.code, Some(3), "{nobody:?}");
    let unknown = home.run(["train", "--sample", "nobody"]);
    assert!(unknown.code == Some(3) && unknown.stderr.contains("hint: There is: butler."), "{unknown:?}");
}
