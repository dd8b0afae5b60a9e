//! The examples of the guide do what it says: those for a shell and for Node are run against a server as they stand
//! there, with its address and with paths of this machine.

use std::path::Path;
use std::process::Output;

use serde_json::json;
use tokio::process::Command;

use super::{ended, many_rows, small_source, started};
use crate::support::{Attune, Home, Http, LONG_PATIENCE, until};

/// A page of the guide and what it may call.
struct Guide {
    home: Home,
    _attune: Attune,
    http: Http,
    /// What stands in the page, and what it means here.
    meanings: Vec<(String, String)>,
}

/// A fenced block: its language and its lines.
type Block = (String, String);

impl Guide {
    fn new() -> Self {
        let home = Home::new();
        let rows = many_rows(&home, 4);
        let database = small_source(&home);
        let base = home.path("flan-t5-small");
        copy_of_the_tiny_base(&base);
        let (attune, http) = home.serve();
        let path = |name: &str| home.path(name).display().to_string();
        let meanings = vec![
            ("http://127.0.0.1:7717", http.address()),
            ("/home/you/rows.jsonl", rows),
            ("/home/you/ask_ai.db", database),
            ("/home/you/adapters", path("adapters")),
            ("/home/you/for-peft", path("for-peft")),
            ("/media/stick/flan-t5-small", base.display().to_string()),
        ];
        let meanings = meanings.into_iter().map(|(there, here)| (there.to_owned(), here)).collect();
        Self { home, _attune: attune, http, meanings }
    }

    /// Makes a run with rows held out, which every run that an example names stands for.
    async fn makes_the_run_of(&mut self, page: &[(String, Vec<Block>)]) {
        let mut events = self.http.events("/api/v1/events").await;
        let wanted = json!({ "dataPath": many_rows(&self.home, 60), "epochs": 1 });
        let id = started(&self.http, &wanted).await;
        ended(&mut events, &id).await;
        for (_, example) in page.iter().flat_map(|(_, blocks)| blocks) {
            let named = example.match_indices("run_01").filter_map(|(at, _)| example.get(at..at + id.len()));
            self.meanings.extend(named.map(|there| (there.to_owned(), id.clone())));
        }
    }

    fn here(&self, example: &str) -> String {
        self.meanings.iter().fold(example.to_owned(), |text, (there, here)| text.replace(there, here))
    }

    /// Runs an example once no run is active any more, as the next one counts on what the one before it began.
    async fn tries(&self, (language, example): &Block) -> Output {
        let idle = until(|| async {
            let status = self.http.get("/api/v1/status").await.expect(200);
            status["activeRunId"].is_null().then_some(()).ok_or_else(|| status.to_string())
        });
        idle.await.expect("runs end");
        let (program, flags): (_, &[&str]) =
            if language == "js" { ("node", &["--input-type=module", "--eval"]) } else { ("sh", &["-ec"]) };
        let mut command = Command::new(program);
        command.args(flags).arg(self.here(example)).current_dir(self.home.path("")).kill_on_drop(true);
        let output = tokio::time::timeout(LONG_PATIENCE, command.output()).await;
        output.expect("an example ends").expect("a shell and Node are here, and curl")
    }

    async fn says(&self, block: &Block) -> String {
        let output = self.tries(block).await;
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(
            output.status.success(),
            "{}\n{} {said}\n{}",
            block.1,
            output.status,
            String::from_utf8_lossy(&output.stderr)
        );
        said
    }
}

fn copy_of_the_tiny_base(folder: &Path) {
    std::fs::create_dir_all(folder).expect("a folder in the test's own");
    for name in ["config.json", "tokenizer.json", "model.safetensors"] {
        std::fs::copy(super::tiny_t5(name), folder.join(name)).expect("the fixture is there");
    }
}

/// The fenced blocks of a page, by its headings of the second level.
fn sections(page: &str) -> Vec<(String, Vec<Block>)> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/guide").join(page);
    let text = std::fs::read_to_string(path).expect("the guide has this page");
    let mut sections: Vec<(String, Vec<Block>)> = vec![(String::new(), Vec::new())];
    let mut open: Option<Block> = None;
    for line in text.lines() {
        let (_, blocks) = sections.last_mut().expect("there is a first section");
        match (&mut open, line.strip_prefix("```")) {
            (None, Some(language)) => open = Some((language.to_owned(), String::new())),
            (Some(_), Some(_)) => blocks.extend(open.take()),
            (Some((_, block)), None) => *block += &format!("{line}\n"),
            (None, None) => {
                if let Some(heading) = line.strip_prefix("## ") {
                    sections.push((heading.to_owned(), Vec::new()));
                }
            }
        }
    }
    sections
}

#[tokio::test]
async fn the_scripts_of_the_guide_do_what_it_says() {
    let guide = Guide::new();
    for (heading, blocks) in sections("scripts.md").into_iter().skip(1) {
        let [shell, node, _] = blocks.as_slice() else {
            panic!("{heading} has one example for each language")
        };
        for block in [shell, node] {
            let said = guide.says(block).await;
            let is_right = match heading.as_str() {
                "Train and ask" => said.contains("\"adapterDigest\":\"sha256:"),
                "Read every run" => said.contains("completed") && said.trim().lines().count() >= 1,
                "Follow what happens" => said.starts_with("event: snapshot"),
                "Be told what was wrong" => {
                    said.contains("/nowhere.jsonl does not exist") && said.contains("422")
                }
                _ => panic!("{heading} is a new section: say here what its examples print"),
            };
            assert!(is_right, "{heading}, {}: {said}", block.0);
        }
    }
    assert_eq!(guide.http.get("/api/v1/runs").await.expect(200).as_array().map(Vec::len), Some(2));
}

/// No PowerShell is at hand here, so all that is known of its examples is that they ask the same doors.
#[test]
fn the_examples_for_powershell_call_the_doors_that_the_others_call() {
    let doors = |(_, example): &Block| {
        let example =
            example.replace("$attune", "http://127.0.0.1:7717/api/v1").replace("${attune}", "/api/v1");
        let mut doors: Vec<&str> = ["/runs", "/generate", "/events", "/runs?limit=100"]
            .into_iter()
            .filter(|door| example.contains(door))
            .collect();
        doors.sort_unstable();
        doors
    };
    for (heading, blocks) in sections("scripts.md").into_iter().skip(1) {
        let languages: Vec<&str> = blocks.iter().map(|(language, _)| language.as_str()).collect();
        assert_eq!(languages, ["sh", "js", "powershell"], "{heading}");
        assert_eq!(doors(&blocks[2]), doors(&blocks[0]), "{heading}");
        assert!(!doors(&blocks[2]).is_empty(), "{heading}");
    }
}

#[tokio::test]
async fn the_calls_of_the_api_page_are_answered_as_it_says() {
    let mut guide = Guide::new();
    let page = sections("api.md");
    guide.makes_the_run_of(&page).await;
    let mut tried = 0;
    for (heading, blocks) in page.into_iter().skip(1) {
        for (_, example) in blocks.iter().filter(|(language, _)| language == "sh") {
            // Calls are answered with 2xx; a stream of events is left after a moment.
            let patient =
                "curl() { command curl --silent --show-error --fail-with-body --max-time 60 \"$@\"; }\n";
            let example = example.replace("curl -N http", "curl --max-time 1 -N http");
            let output = guide.tries(&("sh".to_owned(), format!("{patient}{example}"))).await;
            let (code, said) = (output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned());
            match heading.as_str() {
                // Left before the stream ended, which it never does.
                "Events" => assert!(code == Some(28) && said.starts_with("event: snapshot"), "{said}"),
                "Who may call" => assert!(code == Some(22) && said.contains("forbidden"), "{said}"),
                _ => assert_eq!(code, Some(0), "{heading}: {example}\n{said}"),
            }
            tried += 1;
        }
    }
    assert!(tried >= 9, "the page has fewer examples than it had: {tried}");
}
