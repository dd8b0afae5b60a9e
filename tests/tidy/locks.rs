//! Lock files: made anywhere, usable everywhere.

use serde_json::{Map, Value, json};

use super::tree::{File, Finding, judge, sample};

const CRATES_IO: &str = "\"registry+https://github.com/rust-lang/crates.io-index\"";

fn names_no_host(file: &File) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (line, text) in file.lines() {
        let text = text.trim();
        if is_named(file, "package-lock.json") && text.starts_with("\"resolved\": \"http") {
            findings.push(Finding::at(
                file,
                line,
                "a lock file must not name the host it was made with; put omit-lockfile-registry-resolved=true \
                 into .npmrc beside it and make it again",
            ));
        }
        if is_named(file, "Cargo.lock") && text.starts_with("source = ") && !text.contains(CRATES_IO) {
            findings.push(Finding::at(
                file,
                line,
                "every crate comes from crates.io; make the lock file without a replaced source or a git dependency",
            ));
        }
    }
    findings
}

/// `npm ci` refuses a lock file in which an optional package (the same tool for another system) has no entry,
/// and a registry that lacks such packages makes one. `npm install` works with it, so its maker sees nothing.
fn names_every_optional_package(file: &File) -> Vec<Finding> {
    if !is_named(file, "package-lock.json") {
        return Vec::new();
    }
    let Ok(lock) = serde_json::from_str::<Value>(&file.text) else {
        return vec![Finding::of(file, "this is no JSON; make it again with npm install")];
    };
    let none = Map::new();
    let packages = lock["packages"].as_object().unwrap_or(&none);
    let mut findings = Vec::new();
    for (place, package) in packages {
        for name in package["optionalDependencies"].as_object().unwrap_or(&none).keys() {
            let top = format!("node_modules/{name}");
            if !packages.contains_key(&top) && !packages.contains_key(&format!("{place}/{top}")) {
                findings.push(Finding::of(
                    file,
                    format!("{name} (wanted by {place}) has no entry, so npm ci refuses the file; make it again where the registry is whole"),
                ));
            }
        }
    }
    findings
}

fn is_named(file: &File, name: &str) -> bool {
    file.path.rsplit('/').next() == Some(name)
}

#[test]
fn lock_files_name_no_host() {
    judge(names_no_host);
}

#[test]
fn lock_files_name_every_optional_package() {
    judge(names_every_optional_package);
}

#[test]
fn a_host_in_a_lock_file_is_found() {
    let npm = |text: &str| names_no_host(&sample("ui/package-lock.json", text)).len();
    assert_eq!(npm("      \"resolved\": \"https://registry.example.org/react.tgz\","), 1);
    assert_eq!(npm("      \"resolved\": \"../shared\","), 0);
    let cargo = |text: &str| names_no_host(&sample("Cargo.lock", text)).len();
    assert_eq!(cargo("source = \"registry+https://mirror.example.org/index\""), 1);
    assert_eq!(cargo("source = \"git+https://github.com/a/b#123\""), 1);
    assert_eq!(cargo(&format!("source = {CRATES_IO}")), 0);
}

#[test]
fn an_optional_package_without_an_entry_is_found() {
    let found =
        |lock: Value| names_every_optional_package(&sample("ui/package-lock.json", &lock.to_string())).len();
    let tool = json!({ "optionalDependencies": { "tool-linux": "1.0.0", "tool-mac": "1.0.0" } });
    assert_eq!(found(json!({ "packages": { "node_modules/tool": tool, "node_modules/tool-linux": {} } })), 1);
    assert_eq!(
        found(json!({ "packages": {
            "node_modules/tool": tool,
            "node_modules/tool-linux": {},
            "node_modules/tool/node_modules/tool-mac": {}
        } })),
        0
    );
    assert_eq!(names_every_optional_package(&sample("ui/package-lock.json", "{")).len(), 1);
}
