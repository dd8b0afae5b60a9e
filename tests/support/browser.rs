//! The browser's journeys: tests in `tests/e2e`, run by node against a server that a Rust test started.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Runs every `tests/e2e/*.test.mjs` under `node --test` with this environment, and fails with their output.
///
/// Always given besides: `ATTUNE_BIN`, the program under test, and `ATTUNE_BROWSER`, the browser to drive.
/// Their counts are not printed when they pass: to the outside they are one test.
pub(crate) fn browser_tests(environment: &[(&str, OsString)]) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/e2e");
    let mut tests: Vec<PathBuf> = std::fs::read_dir(&folder)
        .expect("tests/e2e is a folder of the repository")
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.to_str().is_some_and(|path| path.ends_with(".test.mjs")))
        .collect();
    tests.sort();
    assert!(!tests.is_empty(), "tests/e2e has no *.test.mjs, so nothing would be tested");
    let output = Command::new("node")
        .arg("--test")
        .args(&tests)
        .current_dir(&folder)
        .env("ATTUNE_BIN", super::Home::program())
        .env("ATTUNE_BROWSER", browser())
        .envs(environment.iter().map(|(name, value)| (name, value)))
        .output()
        .expect("node starts; `cargo xtask test` checks that it is there");
    assert!(
        output.status.success(),
        "the browser's tests failed:\n{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}

fn browser() -> PathBuf {
    let paths = std::env::var_os("PATH").unwrap_or_default();
    ["chromium", "chromium-browser", "google-chrome"]
        .iter()
        .flat_map(|name| std::env::split_paths(&paths).map(move |folder| folder.join(name)))
        .find(|path| path.is_file())
        .expect("Chromium was not found; `cargo xtask test` installs it")
}
