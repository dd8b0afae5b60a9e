//! `attune models`: what is on this computer, what may be fetched, and what is refused with its way out.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::Stdio;

use attune_engine::Bases;
use serde_json::{Value, json};

use crate::api::small_source;
use crate::reliability::local_hub::{
    COMMIT, Files, LocalHub, WEIGHTS, cached, digest, finish, hold_after, tiny_t5,
};
use crate::support::{Home, Http};

const ID: &str = "some/tiny-t5";

/// The small model with one file changed or, for `None`, left out.
fn tiny_t5_with(name: &'static str, content: Option<&[u8]>) -> Files {
    let mut files = tiny_t5();
    files.retain(|(known, _)| *known != name);
    files.extend(content.map(|content| (name, content.to_vec())));
    files
}

fn write(folder: &Path, files: &Files) {
    fs::create_dir_all(folder).expect("a folder in the test's own");
    for (name, content) in files {
        fs::write(folder.join(name), content).expect("a file in the test's own folder");
    }
}

#[test]
fn a_fresh_computer_has_the_bundled_base_verified_and_auto_means_it() {
    let home = Home::new();
    let listed = home.run(["models", "list", "--json"]);
    assert_eq!(listed.code, Some(0), "{listed:?}");
    let bases: Vec<Value> = serde_json::from_str(&listed.stdout).unwrap();
    let [mini] = bases.as_slice() else { panic!("{listed:?}") };
    assert_eq!(mini["name"], "attune-mini");
    assert_eq!(
        (&mini["bundled"], &mini["verified"], &mini["chosenByAuto"]),
        (&json!(true), &json!(true), &json!(true))
    );
    assert!(mini["sizeBytes"].as_u64().unwrap() > mini["parameters"].as_u64().unwrap(), "{mini}");

    let table = home.run(["models", "list"]);
    for words in ["NAME", "attune-mini", "bundled, verified", " M ", "MiB"] {
        assert!(table.stdout.contains(words), "{words}: {table:?}");
    }
    assert!(table.stderr.contains("`auto` means attune-mini"), "{table:?}");
}

#[test]
fn a_fetched_base_says_its_size_on_the_way_and_is_listed_as_unverified() {
    let home = Home::new();
    let hub = LocalHub::start([(ID, tiny_t5())]);
    let (code, output, said) = hub.run(&home, &["models", "fetch", ID]);
    assert_eq!(code, Some(0), "{said}");
    assert!(Path::new(output.trim()).join(WEIGHTS).is_file(), "{output}");
    assert!(said.contains(" of 123.") && said.contains(WEIGHTS) && said.contains("unverified"), "{said}");
    let table = home.run(["models", "list"]);
    let line = table.stdout.lines().find(|line| line.starts_with(ID)).unwrap_or_else(|| panic!("{table:?}"));
    assert!(line.contains("cached, unverified"), "{line}");
    assert!(table.stderr.contains("`auto` means attune-mini"), "another base is not what auto means");
}

#[test]
fn what_the_hub_has_and_cannot_be_used_is_refused_before_its_weights_are_fetched() {
    let home = Home::new();
    let config = tiny_t5()[0].1.clone();
    let config: Value = serde_json::from_slice(&config).unwrap();
    let mut other = config;
    other["model_type"] = json!("bert");
    let mut pickled = tiny_t5_with(WEIGHTS, None);
    pickled.push(("pytorch_model.bin", b"pickle".to_vec()));
    let mut in_pieces = tiny_t5_with(WEIGHTS, None);
    in_pieces.push(("model.safetensors.index.json", b"{}".to_vec()));
    let hub = LocalHub::start([
        ("some/pickled", pickled),
        ("some/in-pieces", in_pieces),
        ("some/wordless", tiny_t5_with("tokenizer.json", None)),
        ("some/bert", tiny_t5_with("config.json", Some(other.to_string().as_bytes()))),
        // Somebody else's files under the name of a known base.
        ("google/flan-t5-small", tiny_t5()),
    ]);
    let cases = [
        ("some/pickled", "pytorch_model.bin", "safe_serialization=True"),
        ("some/in-pieces", "several pieces", "max_shard_size"),
        ("some/wordless", "no tokenizer.json", "AutoTokenizer"),
        ("some/bert", "model_type = bert", "google/flan-t5"),
        ("google/flan-t5-small", "439aa0fecf5a5546a1def68b1fc45e53", "HF_ENDPOINT"),
        ("some/unknown", "answered 404", "Check the name"),
        ("t5", "no name of a model", "google/flan-t5-small"),
        ("../../escape/here", "no name of a model", "google/flan-t5-small"),
    ];
    for (id, what, way_out) in cases {
        let (code, output, said) = hub.run(&home, &["models", "fetch", id]);
        assert_eq!((code, output.as_str()), (Some(3), ""), "{id}: {said}");
        assert!(said.contains(what) && said.contains(way_out), "{id}: {said}");
    }
    assert_eq!(hub.seen_for_weights(), [], "not a byte of weights was asked for");
}

#[test]
fn weights_that_are_cut_short_at_the_hub_itself_never_become_a_base() {
    let home = Home::new();
    let whole = tiny_t5().pop().unwrap().1;
    let hub = LocalHub::start([(ID, tiny_t5_with(WEIGHTS, Some(&whole[..whole.len() / 2])))]);
    let (code, _, said) = hub.run(&home, &["models", "fetch", ID]);
    assert_eq!(code, Some(3), "{said}");
    assert!(said.contains("its header promises"), "{said}");
    assert!(!cached(&home, ID).join("refs/main").exists());
}

#[test]
fn without_a_way_to_the_hub_there_is_a_sentence_with_the_way_out() {
    let home = Home::new();
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let nobody = format!("http://{nobody}");
    type Environment<'e> = &'e [(&'e str, &'e str)];
    let cases: [(Environment<'_>, i32, &str); 5] = [
        (&[("HF_ENDPOINT", &nobody)], 5, &nobody),
        (&[("HF_ENDPOINT", "http://hub.example")], 3, "https://"),
        (&[("HF_ENDPOINT", "https://me:hf_secret@hub.example")], 3, "HF_TOKEN"),
        (&[("HF_HUB_OFFLINE", "1")], 5, "HF_HUB_OFFLINE"),
        (&[("HF_ENDPOINT", &nobody), ("HF_TOKEN", "hf_secret x")], 3, "HF_TOKEN"),
    ];
    for (environment, code, words) in cases {
        let mut command = home.command(["models", "fetch", ID]);
        command.env_remove("HF_HUB_OFFLINE").envs(environment.iter().copied());
        let (ended, output, said) = finish(&mut command);
        assert_eq!((ended, output.as_str()), (Some(code), ""), "{environment:?}: {said}");
        assert!(said.contains(words) && said.contains("hint: "), "{environment:?}: {said}");
        assert!(!said.contains("hf_secret"), "{said}");
    }
}

#[test]
fn a_run_never_downloads_and_names_the_command_that_would() {
    let home = Home::new();
    let source = small_source(&home);
    let hub = LocalHub::start([(ID, tiny_t5())]);
    for arguments in
        [vec!["train", "--db-path", &source, "--base-model", ID], vec!["generate", "--base-model", ID, "a"]]
    {
        let (code, _, said) = hub.run(&home, &arguments);
        assert_eq!(code, Some(3), "{said}");
        assert!(said.contains(&format!("attune models fetch {ID}")), "{said}");
    }
    let (code, ..) = hub.run(&home, &["generate", "--max-new-tokens", "1", "a"]);
    assert_eq!(code, Some(0), "auto is the bundled base");
    assert_eq!(hub.seen(), []);
}

#[test]
fn a_folder_that_is_no_usable_base_is_refused_by_name_with_the_way_out() {
    let home = Home::new();
    let weights = tiny_t5().pop().unwrap().1;
    let mut narrow: Value = serde_json::from_slice(&tiny_t5()[0].1).unwrap();
    narrow["d_ff"] = json!(narrow["d_ff"].as_u64().unwrap() * 2);
    let mut pickled = tiny_t5_with(WEIGHTS, None);
    pickled.push(("pytorch_model.bin", b"pickle".to_vec()));
    let cases: [(Files, &str); 5] = [
        (tiny_t5_with(WEIGHTS, Some(&weights[..weights.len() * 2 / 5])), "cut short or damaged"),
        (tiny_t5_with("config.json", Some(narrow.to_string().as_bytes())), "has the shape"),
        (pickled, "pytorch_model.bin"),
        (tiny_t5_with("tokenizer.json", None), "no tokenizer.json"),
        (tiny_t5_with("tokenizer.json", Some(b"{}")), "tokenizer.json"),
    ];
    for (index, (files, words)) in cases.iter().enumerate() {
        let folder = home.path(&format!("base-{index}"));
        write(&folder, files);
        let finished = home.run(["generate", "--base-model", folder.to_str().unwrap(), "a"]);
        assert_eq!(finished.code, Some(3), "{finished:?}");
        assert!(finished.stderr.contains(words), "{words}: {finished:?}");
        assert!(!finished.stderr.contains("panicked"), "{finished:?}");
    }
}

#[test]
fn an_imported_folder_is_a_base_with_a_name_and_unverified_where_nobody_vouches_for_it() {
    let home = Home::new();
    write(&home.path("my tiny"), &tiny_t5());
    let imported = home.run(["models", "import", "my tiny", "--json"]);
    assert_eq!(imported.code, Some(0), "{imported:?}");
    let said: Value = serde_json::from_str(&imported.stdout).unwrap();
    assert_eq!((&said["name"], &said["verified"]), (&json!("imported/my-tiny"), &json!(false)));
    fs::remove_dir_all(home.path("my tiny")).unwrap();
    let asked = home.run(["generate", "--base-model", "imported/my-tiny", "--max-new-tokens", "2", "vy lu"]);
    assert_eq!(asked.code, Some(0), "the copy answers: {asked:?}");
    let table = home.run(["models", "list"]);
    let line = table.stdout.lines().find(|line| line.starts_with("imported/my-tiny"));
    assert!(line.is_some_and(|line| line.contains("cached, unverified")), "{table:?}");

    // The same once more changes nothing; another content does not take the name over.
    write(&home.path("my tiny"), &tiny_t5());
    assert_eq!(home.run(["models", "import", "my tiny"]).code, Some(0));
    let mut config: Value = serde_json::from_slice(&tiny_t5()[0].1).unwrap();
    config["dropout_rate"] = json!(0.1);
    let other = config.to_string();
    write(&home.path("my tiny"), &tiny_t5_with("config.json", Some(other.as_bytes())));
    let taken = home.run(["models", "import", "my tiny"]);
    assert!(taken.code == Some(4) && taken.stderr.contains("another base model of the name"), "{taken:?}");
    assert_eq!(home.run(["models", "import", "my tiny", "--name", "me/other"]).code, Some(0));
    let stolen = home.run(["models", "import", "my tiny", "--name", "google/flan-t5-small"]);
    assert!(stolen.code == Some(3) && stolen.stderr.contains("is not the published one"), "{stolen:?}");
    assert!(!cached(&home, "google/flan-t5-small").exists());
}

#[test]
fn a_folder_with_the_published_bytes_is_imported_under_its_published_name() {
    let home = Home::new();
    let models = home.path("models");
    let files: Vec<Value> = tiny_t5()
        .iter()
        .map(|(name, content)| {
            json!({"name": name, "bytes": content.len(), "sha256": digest("sha256sum", &[], content)})
        })
        .collect();
    let manifest = json!({"bases": [{"id": ID, "revision": COMMIT, "files": files}]});
    write(&models, &vec![("bases.json", manifest.to_string().into_bytes())]);
    write(&home.path("stick"), &tiny_t5());
    let bases = Bases::new(models, home.path("cache"));
    let imported = bases.import(&home.path("stick"), None).unwrap();
    assert!(imported.verified && imported.base.name == ID, "{imported:?}");
    assert!(imported.base.folder.ends_with(COMMIT), "the published revision: {imported:?}");
}

#[test]
fn a_folder_that_is_no_usable_base_is_not_imported() {
    let home = Home::new();
    let weights = tiny_t5().pop().unwrap().1;
    let mut pickled = tiny_t5_with(WEIGHTS, None);
    pickled.push(("pytorch_model.bin", b"pickle".to_vec()));
    let mut narrow: Value = serde_json::from_slice(&tiny_t5()[0].1).unwrap();
    narrow["d_ff"] = json!(narrow["d_ff"].as_u64().unwrap() * 2);
    let cases: [(Files, &str); 4] = [
        (tiny_t5_with(WEIGHTS, Some(&weights[..weights.len() * 2 / 5])), "cut short or damaged"),
        (tiny_t5_with("config.json", Some(narrow.to_string().as_bytes())), "has the shape"),
        (pickled, "pytorch_model.bin"),
        (tiny_t5_with("tokenizer.json", None), "no tokenizer.json"),
    ];
    for (index, (files, words)) in cases.iter().enumerate() {
        let folder = format!("folder-{index}");
        write(&home.path(&folder), files);
        let refused = home.run(["models", "import", &folder]);
        assert!(refused.code == Some(3) && refused.stderr.contains(words), "{words}: {refused:?}");
    }
    let missing = home.run(["models", "import", "nothing-here"]);
    assert!(missing.code == Some(3) && missing.stderr.contains("the folder cannot be"), "{missing:?}");
    assert!(!home.path("hugging-face/hub").exists(), "nothing of them is in the cache");
}

#[tokio::test]
async fn the_api_fetches_in_the_background_and_says_how_far_it_is() {
    let home = Home::new();
    let hub = LocalHub::start([(ID, tiny_t5())]);
    let (hold, is_reached, go_on) = hold_after(20_000);
    hub.expect([hold]);
    let mut command = hub.command(&home, &["serve", "--port", "0"]);
    let mut server = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut lines = BufReader::new(server.stdout.take().unwrap()).lines().map_while(Result::ok);
    let line = lines.find(|line| line.contains("http://")).expect("the server says where it is");
    let address = line[line.find("http://").unwrap()..].split_whitespace().next().unwrap();
    let http = Http::new(address.trim_end_matches(['/', '.', ',', ';']));

    let refused = http.post("/api/v1/bases/fetch", &json!({"hubId": "nothing"})).await.expect(422);
    assert_eq!(refused["field"], "hubId");
    let begun = http.post("/api/v1/bases/fetch", &json!({"hubId": ID})).await.expect(202);
    assert_eq!((&begun["hubId"], &begun["status"]), (&json!(ID), &json!("fetching")));
    is_reached.recv().expect("the hub sends a part");
    let again = http.post("/api/v1/bases/fetch", &json!({"hubId": ID})).await.expect(202);
    assert_eq!(again["status"], "fetching");
    assert_eq!((&again["file"], &again["bytesTotal"]), (&json!(WEIGHTS), &json!(126_385)), "{again}");
    go_on.send(()).unwrap();

    let ended = loop {
        let fetches = http.get("/api/v1/bases/fetches").await.expect(200);
        assert_eq!(fetches.as_array().unwrap().len(), 1, "asking twice is one fetch");
        if fetches[0]["status"] != "fetching" {
            break fetches[0].clone();
        }
    };
    assert_eq!((&ended["status"], &ended["verified"]), (&json!("completed"), &json!(false)), "{ended}");
    assert_eq!(ended["bytesDone"], ended["bytesTotal"]);
    assert_eq!(hub.seen_for_weights().len(), 1);
    let bases = http.get("/api/v1/bases").await.expect(200);
    assert!(bases.as_array().unwrap().iter().any(|base| base["name"] == ID && base["verified"] == false));

    let unknown = http.post("/api/v1/bases/fetch", &json!({"hubId": "some/unknown"})).await.expect(202);
    assert_eq!(unknown["status"], "fetching");
    let failed = loop {
        let fetches = http.get("/api/v1/bases/fetches").await.expect(200);
        if fetches[1]["status"] != "fetching" {
            break fetches[1].clone();
        }
    };
    assert_eq!(failed["status"], "failed");
    assert!(failed["errorMessage"].as_str().unwrap().contains("404"), "{failed}");
    assert!(failed["hint"].as_str().unwrap().contains("Check the name"), "{failed}");
    server.kill().unwrap();
    server.wait().unwrap();
}
