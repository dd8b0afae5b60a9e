//! Names, lengths, sizes, and how a file begins.

use super::tree::{File, Finding, judge, sample};

/// Files aim at 300 lines; at this length they must be split.
const MOST_LINES: usize = 500;
const MOST_BYTES: u64 = 1024 * 1024;
/// Words that say nothing about what lies inside.
const EMPTY_NAMES: [&str; 9] =
    ["util", "utils", "helper", "helpers", "common", "misc", "manager", "service", "services"];

fn is_short_enough(file: &File) -> Vec<Finding> {
    let ours = file.has_extension(&["rs", "ts", "tsx", "mjs", "css", "py"])
        && file.path != "ui/src/api/schema.d.ts"
        && !file.path.starts_with("models/attune-mini/recipe/");
    let lines = file.text.lines().count();
    if ours && lines > MOST_LINES {
        vec![Finding::of(
            file,
            format!("{lines} lines, at most {MOST_LINES} are allowed; split it by what its parts are for"),
        )]
    } else {
        Vec::new()
    }
}

fn has_a_name_that_says_something(file: &File) -> Vec<Finding> {
    let empty = file.path.split('/').find_map(|part| {
        let stem = part.split('.').find(|stem| !stem.is_empty()).unwrap_or(part);
        let words = words(stem);
        EMPTY_NAMES.into_iter().find(|name| words.iter().any(|word| word == name))
    });
    let Some(name) = empty else { return Vec::new() };
    vec![Finding::of(
        file,
        format!("the name `{name}` says nothing about what lies inside; name it after that"),
    )]
}

/// `run_manager`, `run-manager` and `RunManager` are all the words `run` and `manager`.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    for character in name.chars() {
        if !character.is_alphanumeric() || character.is_uppercase() {
            words.push(String::new());
        }
        if character.is_alphanumeric() {
            words.last_mut().expect("starts with one word").extend(character.to_lowercase());
        }
    }
    words
}

fn is_small_enough(file: &File) -> Vec<Finding> {
    if file.bytes > MOST_BYTES && !file.path.starts_with("models/attune-mini/") {
        let size = file.bytes;
        vec![Finding::of(
            file,
            format!(
                "{size} bytes, at most {MOST_BYTES} belong in git; make it when it is needed, or cut it down"
            ),
        )]
    } else {
        Vec::new()
    }
}

fn begins_with_what_it_is_for(file: &File) -> Vec<Finding> {
    if file.extension() == "rs" && !file.text.starts_with("//! ") {
        vec![Finding::at(file, 1, "a Rust file begins with `//!` and what it is for; write that line")]
    } else {
        Vec::new()
    }
}

#[test]
fn no_file_is_too_long() {
    judge(is_short_enough);
}

#[test]
fn every_name_says_something() {
    judge(has_a_name_that_says_something);
}

#[test]
fn no_file_is_too_large_for_git() {
    judge(is_small_enough);
}

#[test]
fn every_rust_file_begins_with_what_it_is_for() {
    judge(begins_with_what_it_is_for);
}

#[test]
fn a_long_file_is_found_unless_it_is_made_or_taken() {
    let long = "x\n".repeat(MOST_LINES + 1);
    assert_eq!(is_short_enough(&sample("ui/src/app/App.tsx", &long)).len(), 1);
    assert_eq!(is_short_enough(&sample("tests/main.rs", &"x\n".repeat(MOST_LINES))), []);
    assert_eq!(is_short_enough(&sample("ui/src/api/schema.d.ts", &long)), []);
    assert_eq!(is_short_enough(&sample("data/prompts.jsonl", &long)), []);
}

#[test]
fn an_empty_name_is_found_in_files_and_folders() {
    for path in [
        "ui/src/utils/format.ts",
        "src-tauri/src/api/helpers.rs",
        "src-tauri/src/run_manager.rs",
        "ui/src/features/train/TrainService.ts",
        "ui/src/common.test.ts",
        "src-tauri/.misc/x.rs",
    ] {
        assert_eq!(has_a_name_that_says_something(&sample(path, "")).len(), 1, "{path}");
    }
    for path in
        ["ui/src/app/commonality.ts", "src-tauri/src/server/mod.rs", ".gitignore", "docs/concepts/serve.md"]
    {
        assert_eq!(has_a_name_that_says_something(&sample(path, "")), [], "{path}");
    }
}

#[test]
fn a_large_file_is_found_outside_the_bundled_model() {
    let large = |path: &str| File { path: path.into(), text: String::new(), bytes: MOST_BYTES + 1 };
    assert_eq!(is_small_enough(&large("data/samples.jsonl")).len(), 1);
    assert_eq!(is_small_enough(&large("models/attune-mini/model.safetensors")), []);
}

#[test]
fn a_rust_file_without_its_purpose_is_found() {
    assert_eq!(begins_with_what_it_is_for(&sample("src-tauri/src/lib.rs", "use x;\n")).len(), 1);
    assert_eq!(begins_with_what_it_is_for(&sample("src-tauri/src/lib.rs", "//! The library.\n")), []);
    assert_eq!(begins_with_what_it_is_for(&sample("ui/src/a.ts", "x")), []);
}
