//! What never belongs in the repository: unfinished marks, paths of one machine, unsafe code.
//!
//! The words are put together with `concat!` here, so that this file keeps its own rules.

use super::code::without_comments_and_literals;
use super::tree::{File, Finding, judge, sample};

const TEXT: [&str; 14] =
    ["rs", "ts", "tsx", "mts", "mjs", "js", "css", "html", "py", "sh", "toml", "yml", "yaml", "md"];
const PAGE: [&str; 5] = ["ts", "tsx", "mts", "mjs", "js"];
/// Words of people, whole and in capitals.
const WORDS: [&str; 4] = [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X"), concat!("HA", "CK")];
const RUST: [&str; 3] = [concat!("to", "do!"), concat!("unimple", "mented!"), concat!("#[ig", "nore")];
const SCRIPT: [&str; 2] = [concat!(".on", "ly("), concat!(".sk", "ip(")];
/// Where people's own files lie. Folders that every system has (`/usr`, `/tmp`, `/proc`) are no one's own.
const HOMES: [&str; 5] = [
    concat!("/ho", "me/"),
    concat!("/ro", "ot/"),
    concat!("/Us", "ers/"),
    concat!("/wo", "rk/"),
    concat!(":\\Us", "ers\\"),
];
/// Examples for readers are written with these names.
const ANYBODY: [&str; 2] = [concat!("/ho", "me/you/"), concat!("/ho", "me/me/")];
/// Files that may contain unsafe code, with the reason beside each.
const UNSAFE_ALLOWED: [&str; 9] = [
    // Instructions that stable Rust has in assembly only, and the system's leave to use them.
    "src-tauri/crates/attune-tuning/src/kernels/amx.rs",
    // Instructions that may be used only where detection found them: for bf16, and two kinds for f32.
    "src-tauri/crates/attune-tuning/src/kernels/avx512.rs",
    "src-tauri/crates/attune-tuning/src/kernels/wide/avx2.rs",
    "src-tauri/crates/attune-tuning/src/kernels/wide/avx512.rs",
    // Lines of the cache as the values in them, and the hint that one will be read.
    "src-tauri/crates/attune-tuning/src/kernels/lines.rs",
    // A test's allocator, which counts.
    "src-tauri/crates/attune-tuning/tests/allocations/main.rs",
    // Products of eight bits in tiles, in assembly as those of bf16.
    "src-tauri/crates/attune-tuning/src/kernels/int8/amx.rs",
    // Instructions that may be used only where detection found them, and loads of whole lines by them.
    "src-tauri/crates/attune-tuning/src/kernels/int8/avx2.rs",
    "src-tauri/crates/attune-tuning/src/kernels/int8/vnni.rs",
];

fn is_finished(file: &File) -> Vec<Finding> {
    let mut marks: Vec<&str> = Vec::new();
    if file.has_extension(&TEXT) {
        marks.extend(WORDS);
    }
    if file.extension() == "rs" {
        marks.extend(RUST);
    }
    if file.has_extension(&PAGE) {
        marks.extend(SCRIPT);
    }
    let mut findings = Vec::new();
    for (line, text) in file.lines() {
        for mark in &marks {
            if text.match_indices(mark).any(|(at, _)| is_a_word(text, at, mark)) {
                findings.push(Finding::at(file, line, format!("`{mark}` marks something unfinished; finish it, or open an issue and take the mark out")));
            }
        }
    }
    findings
}

/// Whether what stands at `at` is no part of a longer word. Marks that begin or end with a sign are whole.
fn is_a_word(text: &str, at: usize, mark: &str) -> bool {
    let of_a_word = |character: char| character.is_alphanumeric() || character == '_';
    let clear_before = !mark.starts_with(of_a_word) || !text[..at].ends_with(of_a_word);
    clear_before && (!mark.ends_with(of_a_word) || !text[at + mark.len()..].starts_with(of_a_word))
}

fn names_no_machine(file: &File) -> Vec<Finding> {
    if !file.has_extension(&TEXT) && !file.has_extension(&["json", "jsonl", "lock"]) {
        return Vec::new();
    }
    let starts_a_path = |before: Option<char>| {
        !before.is_some_and(|c| c.is_alphanumeric() || matches!(c, '.' | '_' | '-' | '/' | '}' | '~'))
    };
    let mut findings = Vec::new();
    for (line, text) in file.lines() {
        let text = ANYBODY.iter().fold(text.to_owned(), |text, example| text.replace(example, "~/"));
        for home in HOMES {
            let found = text
                .match_indices(home)
                .any(|(at, _)| home.starts_with(':') || starts_a_path(text[..at].chars().next_back()));
            if found {
                findings.push(Finding::at(file, line, format!("a path below `{home}` exists on one machine only; use a relative path or a temporary folder")));
            }
        }
    }
    findings
}

fn is_safe(file: &File) -> Vec<Finding> {
    if file.extension() != "rs" || UNSAFE_ALLOWED.contains(&file.path.as_str()) {
        return Vec::new();
    }
    let word = concat!("un", "safe");
    let code = without_comments_and_literals(&file.text);
    let mut findings = Vec::new();
    for (index, text) in code.lines().enumerate() {
        if text.match_indices(word).any(|(at, _)| is_a_word(text, at, word)) {
            findings.push(Finding::at(file, index + 1, format!("`{word}` needs a reason that two people have read; find a safe way, or add the file to the list in tests/tidy/marks.rs with the reason")));
        }
    }
    findings
}

#[test]
fn nothing_is_marked_unfinished() {
    judge(is_finished);
}

#[test]
fn no_file_names_a_path_of_one_machine() {
    judge(names_no_machine);
}

#[test]
fn there_is_no_unsafe_code() {
    judge(is_safe);
}

#[test]
fn a_mark_is_found_in_the_language_it_belongs_to() {
    let found = |path: &str, text: &str| is_finished(&sample(path, text)).len();
    assert_eq!(found("a.rs", concat!("fn f() { to", "do!() }")), 1);
    assert_eq!(found("a.rs", concat!("#[ig", "nore = \"slow\"]")), 1);
    assert_eq!(found("a.rs", concat!("// TO", "DO: later")), 1);
    assert_eq!(found("a.tsx", concat!("test.on", "ly(\"x\", f)")), 1);
    assert_eq!(found("README.md", concat!("FIX", "ME")), 1);
    assert_eq!(found("a.rs", concat!("rows.sk", "ip(1)")), 0, "an iterator's method");
    assert_eq!(found("a.rs", concat!("TO", "DOS_OF_A_PERSON")), 0, "a longer word");
    assert_eq!(found("data/stories.jsonl", concat!("HA", "CK")), 0, "data may contain any word");
}

#[test]
fn a_path_of_one_machine_is_found_and_a_url_is_not() {
    let found = |text: &str| names_no_machine(&sample("a.md", text)).len();
    for home in HOMES {
        assert_eq!(
            found(&format!("see `{}ada/x`", if home.starts_with(':') { "C:\\Users\\" } else { home })),
            1,
            "{home}"
        );
    }
    assert_eq!(found(concat!("https://example.org/ho", "me/x and ./wo", "rk/x and ${X}/ho", "me/x")), 0);
    assert_eq!(found("/usr/bin/chromium, /tmp/x, /proc/self/exe"), 0);
    assert_eq!(found(&format!("for example {}ask_ai.db", ANYBODY[0])), 0);
}

#[test]
fn unsafe_code_is_found_and_talk_of_it_is_not() {
    let found = |text: &str| is_safe(&sample("a.rs", text)).len();
    assert_eq!(found(concat!("let x = un", "safe { y };")), 1);
    assert_eq!(is_safe(&sample(UNSAFE_ALLOWED[0], concat!("un", "safe { y }"))), []);
    assert_eq!(found(concat!("// un", "safe\n#![deny(un", "safe_code)]\nlet x = \"un", "safe\";")), 0);
}
