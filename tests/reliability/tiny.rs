//! The smallest training there is: a base of a few thousand weights, eight rows, two steps.

use std::path::{Path, PathBuf};

use attune_engine::AdapterFolder;

use crate::support::Home;

/// A person with rows to train on, and what must hold of that person's folders whatever happened.
#[derive(Debug)]
pub(crate) struct Tiny {
    pub(crate) home: Home,
    rows: PathBuf,
}

impl Tiny {
    pub(crate) fn new() -> Self {
        let home = Home::new();
        let rows = home.path("rows.jsonl");
        let lines: String = (0..8)
            .map(|row| format!("{{\"input\": \"Light {row}?\", \"output\": \"Turn on light {row}.\"}}\n"))
            .collect();
        std::fs::write(&rows, lines).expect("rows in the test's own folder");
        Self { home, rows }
    }

    /// The arguments of a training with this name that goes into `output`.
    pub(crate) fn training(&self, name: &str, output: &Path) -> Vec<String> {
        let base = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/tiny_t5");
        let text = |path: &Path| path.to_str().expect("test folders have plain names").to_owned();
        let (rows, output, base) = (text(&self.rows), text(output), text(&base));
        ["train", "--data", &rows, "--output-dir", &output, "--base-model", &base]
            .into_iter()
            .chain(["--run-id", name, "--epochs", "1", "--batch-size", "4"])
            .map(str::to_owned)
            .collect()
    }

    pub(crate) fn output(&self) -> PathBuf {
        self.home.path("out")
    }

    /// Trains to the end, which must be a good one.
    pub(crate) fn must_train(&self, name: &str) {
        let trained = self.home.run(self.training(name, &self.output()));
        assert_eq!(trained.code, Some(0), "{name}: {trained:?}");
    }

    /// The run that `latest` means, verified to the last byte.
    pub(crate) fn latest(&self, after: &str) -> String {
        latest(&self.output(), after)
    }

    /// Every row's run and status, of a database that is whole.
    pub(crate) fn rows(&self) -> Vec<(String, String)> {
        rows(&self.home.data())
    }

    /// The names of the runs that left a checkpoint, oldest first.
    pub(crate) fn resumable(&self) -> Vec<String> {
        let data = self.home.data();
        let database = rusqlite::Connection::open(data.join("attune.db")).expect("a database");
        let mut query =
            database.prepare("SELECT id, run_identifier FROM runs ORDER BY rowid").expect("a table of runs");
        let rows = query.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).expect("rows of runs");
        rows.map(|row| row.expect("a row of two texts"))
            .filter(|(id, _): &(String, String)| data.join("runs").join(id).join("checkpoint").exists())
            .map(|(_, name)| name)
            .collect()
    }

    /// Nothing of an unfinished write lies in the folders of runs, nor beside `latest`.
    pub(crate) fn must_hold_nothing_left_over(&self, after: &str) {
        for folder in [self.output(), self.home.data()] {
            let left = left_over(&folder);
            assert!(left.is_empty(), "after {after}: {left:?}");
        }
    }
}

pub(crate) fn latest(output: &Path, after: &str) -> String {
    let found = AdapterFolder::open(&output.join("latest"));
    let found = found.unwrap_or_else(|error| panic!("latest after {after}: {error}"));
    found.record().run_id.clone()
}

pub(crate) fn rows(data: &Path) -> Vec<(String, String)> {
    let database =
        rusqlite::Connection::open(data.join("attune.db")).expect("the data folder has a database");
    let whole: String = database
        .query_row("PRAGMA integrity_check", [], |row| row.get(0))
        .expect("a database that can be checked");
    assert_eq!(whole, "ok");
    let mut query =
        database.prepare("SELECT run_identifier, status FROM runs ORDER BY rowid").expect("a table of runs");
    let rows = query.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).expect("rows of runs");
    rows.collect::<Result<_, _>>().expect("rows of two texts")
}

fn left_over(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten() {
        let entry = entry.expect("a folder that can be listed");
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.starts_with(".writing-") || name == ".latest-next" {
            found.push(entry.path());
        } else if entry.file_type().expect("a file of some type").is_dir() {
            found.extend(left_over(&entry.path()));
        }
    }
    found
}
