//! The served page in Chromium: the journeys lie in `tests/e2e`.

use serde_json::json;

use crate::api::{ended, small_source, started};
use crate::support::{Home, browser_tests};

/// So many that nobody draws them all.
const MANY_RUNS: u32 = 10_000;

#[tokio::test]
async fn the_served_page_trains_and_answers() {
    let (home, old_hand) = (Home::new(), Home::new());
    let source = small_source(&home);
    long_history(&old_hand, MANY_RUNS).await;
    browser_tests(&[
        ("ATTUNE_DATA_DIR", home.data().into()),
        ("ATTUNE_LONG_HISTORY", old_hand.data().into()),
        ("HF_HOME", home.path("hugging-face").into()),
        ("ATTUNE_TEST_DB", source.into()),
    ]);
}

/// A data folder as after years: one run that was made, "run 0", and its row so many times over under other names, some
/// of them failed.
async fn long_history(home: &Home, runs: u32) {
    let source = small_source(home);
    {
        let (_server, http) = home.serve();
        let mut events = http.events("/api/v1/events").await;
        let id = started(&http, &json!({ "dataPath": source, "epochs": 1, "runIdentifier": "run 0" })).await;
        ended(&mut events, &id).await;
    }
    let database = rusqlite::Connection::open(home.data().join("attune.db")).expect("the database is there");
    let columns: Vec<String> = database
        .prepare("SELECT name FROM pragma_table_info('runs')")
        .and_then(|mut names| names.query_map([], |row| row.get(0))?.collect())
        .expect("a table of runs");
    let values = columns.iter().map(|name| match name.as_str() {
        "id" => "printf('run_01ARZ3NDEKTSV4RRFFQ6%06d', n)",
        "run_identifier" | "run_directory" => "printf('run %d', n)",
        "status" => "iif(n % 4, status, 'failed')",
        "error_message" => {
            "iif(n % 4, NULL, printf('training stopped: %s', replace(hex(zeroblob(200)), '0', 'no ')))"
        }
        other => other,
    });
    let copies = format!(
        "WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n + 1 < ?1)
         INSERT INTO runs ({}) SELECT {} FROM runs, numbers ORDER BY n",
        columns.join(", "),
        values.collect::<Vec<_>>().join(", "),
    );
    let made = database.execute(&copies, [runs]).expect("the copies fit");
    assert_eq!(made, runs as usize - 1);
}
