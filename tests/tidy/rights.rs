//! What the page in the window may do, written down a second time: a new right is taken on purpose or not at all.

use serde_json::{Value, json};

use super::tree::{Finding, report, root};

/// Commands of our own need no permission, so their names are the right.
const COMMANDS: [&str; 6] = [
    "bridge::api_request",
    "bridge::abort_request",
    "closing::follow_window",
    "closing::closing_seen",
    "closing::answer_closing",
    "folder::open_data_folder",
];

fn security() -> Value {
    json!({
        "csp": "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
                font-src 'self' data:; connect-src 'self' ipc: http://ipc.localhost",
        "capabilities": [{
            "identifier": "main-window",
            "description": "What the page in the main window may ask of the system",
            "windows": ["main"],
            "permissions": ["dialog:allow-open"]
        }]
    })
}

/// What is there and was not written down, or the other way round.
fn differs(what: &str, found: &Value, written: &Value) -> Vec<Finding> {
    if found == written {
        return Vec::new();
    }
    vec![Finding(format!(
        "{what} is {found}, but {written} is what was decided; a right that the page needs is added in \
         tests/tidy/rights.rs as well, with the reason in the commit"
    ))]
}

/// The names in `generate_handler![…]`.
fn commands(source: &str) -> Vec<&str> {
    let list = source.split("generate_handler![").nth(1).and_then(|rest| rest.split(']').next());
    list.unwrap_or_default().split(',').map(str::trim).filter(|name| !name.is_empty()).collect()
}

fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path))
        .unwrap_or_else(|error| panic!("{path} cannot be read: {error}"))
}

#[test]
fn the_page_in_the_window_may_do_what_was_decided_and_no_more() {
    let configuration: Value = serde_json::from_str(&read("tauri.conf.json")).expect("the file is JSON");
    let mut findings =
        differs("app.security in tauri.conf.json", &configuration["app"]["security"], &security());
    let shell = read("src-tauri/src/desktop/mod.rs");
    findings.extend(differs(
        "the list of commands in desktop/mod.rs",
        &json!(commands(&shell)),
        &json!(COMMANDS),
    ));
    let folders = ["capabilities", "src-tauri/capabilities"];
    for folder in folders.into_iter().filter(|folder| root().join(folder).exists()) {
        findings.push(Finding(format!(
            "{folder}: tauri reads rights from here too; keep them in tauri.conf.json"
        )));
    }
    report(findings);
}

#[test]
fn a_right_that_was_added_is_found() {
    let mut wider = security();
    wider["capabilities"][0]["permissions"] = json!(["dialog:allow-open", "shell:allow-open"]);
    assert_eq!(differs("it", &wider, &security()).len(), 1);
    let mut looser = security();
    looser["csp"] = json!("default-src *");
    assert_eq!(differs("it", &looser, &security()).len(), 1);
    assert_eq!(differs("it", &security(), &security()), []);
    assert_eq!(commands("x(tauri::generate_handler![\n  a::b,\n  c,\n])"), ["a::b", "c"]);
}
