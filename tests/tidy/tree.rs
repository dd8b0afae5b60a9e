//! The files of this checkout, and how a rule reports what it found.

use std::path::Path;
use std::process::Command;

/// One file of the checkout, its path relative to the root with `/` between the parts.
#[derive(Debug)]
pub(super) struct File {
    pub(super) path: String,
    /// Empty for files that are not text.
    pub(super) text: String,
    pub(super) bytes: u64,
}

impl File {
    pub(super) fn extension(&self) -> &str {
        Path::new(&self.path).extension().and_then(|extension| extension.to_str()).unwrap_or_default()
    }

    pub(super) fn has_extension(&self, extensions: &[&str]) -> bool {
        extensions.contains(&self.extension())
    }

    /// Lines with their numbers, from 1.
    pub(super) fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        self.text.lines().enumerate().map(|(index, line)| (index + 1, line))
    }
}

/// A broken rule: where, and a sentence with the way out.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Finding(pub(super) String);

impl Finding {
    pub(super) fn at(file: &File, line: usize, sentence: impl AsRef<str>) -> Self {
        Self(format!("{}:{line}: {}", file.path, sentence.as_ref()))
    }

    pub(super) fn of(file: &File, sentence: impl AsRef<str>) -> Self {
        Self(format!("{}: {}", file.path, sentence.as_ref()))
    }
}

/// The root of the checkout.
pub(super) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every file that git knows or would take.
pub(super) fn files() -> Vec<File> {
    let output = Command::new("git")
        .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
        .current_dir(root())
        .output()
        .expect("git lists the files of the checkout; install git");
    assert!(
        output.status.success(),
        "`git ls-files` failed: {}; the house rules need a git checkout",
        String::from_utf8_lossy(&output.stderr)
    );
    let names = String::from_utf8(output.stdout).expect("file names are UTF-8");
    let files: Vec<File> = names.split('\0').filter(|name| !name.is_empty()).filter_map(read).collect();
    assert!(!files.is_empty(), "git lists no file, so the house rules would judge nothing");
    files
}

/// `None` for a file that is deleted but not yet committed so.
fn read(path: &str) -> Option<File> {
    let bytes = std::fs::read(root().join(path)).ok()?;
    let size = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    Some(File { path: path.to_owned(), text: String::from_utf8(bytes).unwrap_or_default(), bytes: size })
}

/// Judges every file by `rule`, and fails with all findings at once.
pub(super) fn judge(rule: impl Fn(&File) -> Vec<Finding>) {
    report(files().iter().flat_map(rule).collect());
}

/// Fails with all findings at once.
pub(super) fn report(findings: Vec<Finding>) {
    let sentences: Vec<&str> = findings.iter().map(|finding| finding.0.as_str()).collect();
    assert!(
        sentences.is_empty(),
        "{} house rules are broken:\n\n{}\n",
        sentences.len(),
        sentences.join("\n")
    );
}

/// A file that exists only in a test.
pub(super) fn sample(path: &str, text: &str) -> File {
    File { path: path.to_owned(), text: text.to_owned(), bytes: text.len() as u64 }
}

#[test]
fn a_finding_reads_like_a_compiler_message() {
    let file = sample("src-tauri/src/lib.rs", "one\ntwo\n");
    assert_eq!(
        Finding::at(&file, 2, "this is wrong; do that").0,
        "src-tauri/src/lib.rs:2: this is wrong; do that"
    );
}

#[test]
#[should_panic(expected = "1 house rules are broken")]
fn a_finding_fails_the_test() {
    report(vec![Finding("broken".into())]);
}

#[test]
fn the_list_holds_this_file_and_nothing_ignored() {
    let files = files();
    assert!(
        files.iter().any(|file| file.path == "tests/tidy/tree.rs"),
        "new files are judged before a commit"
    );
    assert!(
        !files.iter().any(|file| file.path.starts_with("target/") || file.path.contains("node_modules/"))
    );
}
