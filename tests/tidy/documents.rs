//! What the documents point to exists: files, `cargo xtask` commands, npm scripts.

use std::path::Path;

use super::tree::{File, Finding, files, judge, report, root, sample};

fn is_a_document(file: &File) -> bool {
    file.extension() == "md"
}

/// Relative links and images lead to files that exist.
fn links_lead_somewhere(file: &File, exists: impl Fn(&Path) -> bool) -> Vec<Finding> {
    if !is_a_document(file) {
        return Vec::new();
    }
    let mut findings = Vec::new();
    let folder = Path::new(&file.path).parent().unwrap_or(Path::new(""));
    for (line, text) in file.lines() {
        for target in links(text) {
            let path = target.split(['#', '?']).next().unwrap_or_default();
            let elsewhere = target.contains("://") || target.starts_with("mailto:");
            // Pages that the code host makes for a repository, such as its security advisories.
            let host_page = path.starts_with("../../");
            if path.is_empty() || elsewhere || host_page || exists(&normal(&folder.join(path))) {
                continue;
            }
            findings.push(Finding::at(
                file,
                line,
                format!("the link {target} leads to no file; correct it or write that file"),
            ));
        }
    }
    findings
}

/// The targets of `[text](target)`, `![text](target "title")` and `src="target"`.
fn links(line: &str) -> Vec<String> {
    let marked = line.split("](").skip(1).filter_map(|rest| rest.split([')', ' ']).next());
    let sourced = line.split("src=\"").skip(1).filter_map(|rest| rest.split('"').next());
    marked.chain(sourced).map(str::to_owned).collect()
}

/// Without `.` and `..`.
fn normal(path: &Path) -> std::path::PathBuf {
    let mut parts: Vec<&std::ffi::OsStr> = Vec::new();
    for part in path.iter() {
        if part == ".." {
            parts.pop();
        } else if part != "." {
            parts.push(part);
        }
    }
    parts.iter().collect()
}

/// Commands that a document names exist.
fn commands_exist(file: &File, command: &str, known: &[String], where_known: &str) -> Vec<Finding> {
    if !is_a_document(file) {
        return Vec::new();
    }
    let mut findings = Vec::new();
    for (line, text) in file.lines() {
        for rest in text.split(command).skip(1) {
            let word: String =
                rest.chars().take_while(|c| c.is_ascii_lowercase() || *c == '-' || *c == ':').collect();
            if !word.is_empty() && !known.contains(&word) {
                findings.push(Finding::at(
                    file,
                    line,
                    format!("`{command}{word}` does not exist; {where_known} has {}", known.join(", ")),
                ));
            }
        }
    }
    findings
}

/// The names in xtask's table of commands.
fn xtask_words() -> Vec<String> {
    let source = std::fs::read_to_string(root().join("xtask/src/main.rs")).expect("xtask has a main file");
    source.split("name: \"").skip(1).filter_map(|rest| rest.split('"').next()).map(str::to_owned).collect()
}

/// The scripts of the page's package.
fn npm_scripts() -> Vec<String> {
    let text = std::fs::read_to_string(root().join("ui/package.json")).expect("the page is a package");
    let package: serde_json::Value = serde_json::from_str(&text).expect("package.json is JSON");
    package["scripts"].as_object().map(|scripts| scripts.keys().cloned().collect()).unwrap_or_default()
}

#[test]
fn every_relative_link_leads_to_a_file() {
    judge(|file| links_lead_somewhere(file, |path| root().join(path).exists()));
}

#[test]
fn every_command_in_the_documents_exists() {
    let (words, scripts) = (xtask_words(), npm_scripts());
    assert!(
        words.contains(&"run".to_owned()),
        "the table in xtask/src/main.rs was not understood; see tests/tidy/documents.rs"
    );
    let mut findings = Vec::new();
    for file in files() {
        findings.extend(commands_exist(&file, "cargo xtask ", &words, "xtask/src/main.rs"));
        findings.extend(commands_exist(&file, "npm --prefix ui run ", &scripts, "ui/package.json"));
        findings.extend(commands_exist(&file, "npm run ", &scripts, "ui/package.json"));
    }
    report(findings);
}

#[test]
fn a_link_to_nowhere_is_found() {
    let found = |text: &str| {
        links_lead_somewhere(&sample("docs/guide/start.md", text), |path| {
            path == Path::new("docs/concepts/run.md")
        })
        .len()
    };
    assert_eq!(found("see [runs](../concepts/walk.md)"), 1);
    assert_eq!(found("![window](window.png \"The window\") <img src=\"other.png\">"), 2);
    assert_eq!(found("see [runs](../concepts/run.md#states), [web](https://example.org), [here](#start)"), 0);
}

#[test]
fn a_command_that_does_not_exist_is_found() {
    let known = ["run".to_owned(), "test".to_owned()];
    let found =
        |text: &str| commands_exist(&sample("README.md", text), "cargo xtask ", &known, "there").len();
    assert_eq!(found("`cargo xtask rnu`, then `cargo xtask tests`"), 2);
    assert_eq!(found("`cargo xtask run -- serve`, `cargo xtask test`, `cargo xtask WORD`"), 0);
}
