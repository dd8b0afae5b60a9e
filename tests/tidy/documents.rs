//! What the documents point to exists: files, commands of `cargo xtask`, npm and `attune`, tests.

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

/// The targets of `[text](target)`, `![text](target "title")`, `src="target"` and `srcset="target"`.
fn links(line: &str) -> Vec<String> {
    let marked = line.split("](").skip(1).filter_map(|rest| rest.split([')', ' ']).next());
    let sourced = ["src=\"", "srcset=\""]
        .into_iter()
        .flat_map(|name| line.split(name).skip(1).filter_map(|rest| rest.split('"').next()));
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

/// Commands that a document names exist. What is no command in the command's place: an option (`attune --help`),
/// and a path of Rust (the tests of `--test attune tidy::`).
fn commands_exist(file: &File, command: &str, known: &[String], where_known: &str) -> Vec<Finding> {
    if !is_a_document(file) {
        return Vec::new();
    }
    let mut findings = Vec::new();
    for (line, text) in file.lines() {
        for rest in text.split(command).skip(1) {
            let word: String =
                rest.chars().take_while(|c| c.is_ascii_lowercase() || *c == '-' || *c == ':').collect();
            let is_a_command = !word.is_empty() && !word.starts_with('-') && !word.contains("::");
            if is_a_command && !known.contains(&word) {
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

/// The subcommands of the program: the variants of clap's enum, and the one that clap adds.
fn attune_words() -> Vec<String> {
    let path = root().join("src-tauri/src/cli/mod.rs");
    let source = std::fs::read_to_string(path).expect("the command line has a module");
    variants(&source, "enum Command {").into_iter().chain(["help".to_owned()]).collect()
}

/// The variants of the enum that begins with `head`, as clap spells them.
fn variants(source: &str, head: &str) -> Vec<String> {
    let lines = source.lines().skip_while(|line| *line != head).skip(1).take_while(|line| *line != "}");
    let names = lines.filter_map(|line| {
        let name = line.strip_prefix("    ")?.split(['(', ' ', ',']).next()?;
        name.starts_with(|first: char| first.is_ascii_uppercase()).then_some(name)
    });
    names.map(kebab).collect()
}

/// `AutoTrain` is `auto-train`.
fn kebab(name: &str) -> String {
    let mut word = String::new();
    for (index, character) in name.chars().enumerate() {
        if index > 0 && character.is_ascii_uppercase() {
            word.push('-');
        }
        word.push(character.to_ascii_lowercase());
    }
    word
}

/// Tests that the architecture names as guards exist. A test is a code span of at least four words.
fn guards_exist(file: &File, is_a_function: impl Fn(&str) -> bool) -> Vec<Finding> {
    if file.path != "ARCHITECTURE.md" {
        return Vec::new();
    }
    let mut findings = Vec::new();
    for (line, text) in file.lines() {
        for span in text.split('`').skip(1).step_by(2) {
            let plain = span.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
            if plain && span.matches('_').count() >= 3 && !is_a_function(span) {
                findings.push(Finding::at(
                    file,
                    line,
                    format!("no test is called {span}; name the one that guards this, or write it"),
                ));
            }
        }
    }
    findings
}

#[test]
fn every_relative_link_leads_to_a_file() {
    judge(|file| links_lead_somewhere(file, |path| root().join(path).exists()));
}

#[test]
fn every_command_in_the_documents_exists() {
    let (words, scripts, subcommands) = (xtask_words(), npm_scripts(), attune_words());
    assert!(
        words.contains(&"run".to_owned()),
        "the table in xtask/src/main.rs was not understood; see tests/tidy/documents.rs"
    );
    assert!(
        subcommands.contains(&"train".to_owned()),
        "the commands in src-tauri/src/cli/mod.rs were not understood; see tests/tidy/documents.rs"
    );
    let mut findings = Vec::new();
    for file in files() {
        findings.extend(commands_exist(&file, "cargo xtask ", &words, "xtask/src/main.rs"));
        for command in ["attune ", "cargo xtask run -- "] {
            findings.extend(commands_exist(&file, command, &subcommands, "src-tauri/src/cli/mod.rs"));
        }
        findings.extend(commands_exist(&file, "npm --prefix ui run ", &scripts, "ui/package.json"));
        findings.extend(commands_exist(&file, "npm run ", &scripts, "ui/package.json"));
    }
    report(findings);
}

#[test]
fn every_test_that_the_architecture_names_exists() {
    let files = files();
    let sources: Vec<&str> =
        files.iter().filter(|file| file.extension() == "rs").map(|file| file.text.as_str()).collect();
    let is_a_function = |name: &str| {
        let declared = format!("fn {name}(");
        sources.iter().any(|source| source.contains(&declared))
    };
    report(files.iter().flat_map(|file| guards_exist(file, is_a_function)).collect());
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
    assert_eq!(found("<source srcset=\"dark.png\">"), 1);
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

#[test]
fn a_subcommand_that_does_not_exist_is_found() {
    let cli = "enum Other {\n    Nothing,\n}\nenum Command {\n    /// Tune\n    Train(Arguments),\n    \
               #[command(hide = true)]\n    AutoTrain {\n        job: PathBuf,\n    },\n    Openapi,\n}\n";
    let known = variants(cli, "enum Command {");
    assert_eq!(known, ["train", "auto-train", "openapi"]);
    let found = |text: &str| commands_exist(&sample("README.md", text), "attune ", &known, "there").len();
    assert_eq!(found("`attune tarin --epochs 3`, then `target/debug/attune nothing`"), 2);
    assert_eq!(
        found("`attune train`, `attune --help`, attune-mini, `cargo test --test attune tidy::marks`"),
        0
    );
}

#[test]
fn a_guard_that_does_not_exist_is_found() {
    let found = |text: &str| guards_exist(&sample("ARCHITECTURE.md", text), |name| name == "a_test_is_kept");
    assert_eq!(found("kept by `a_test_is_gone` and `a_test_is_kept`").len(), 1);
    assert_eq!(found("`one_running_run`, `training_run.json`, a_test_is_prose"), []);
}
