//! Fetching a base from a hub that breaks off, lies, or answers differently than it was asked.

use std::fs;
use std::io::{BufRead, BufReader};
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::process::Stdio;

use attune_engine::{Bases, Error, FetchError, Hub};
use serde_json::{Value, json};

use super::local_hub::{COMMIT, Fate, LocalHub, Seen, WEIGHTS, cached, digest, hold_after, tiny_t5};
use crate::support::Home;

const ID: &str = "some/tiny-t5";
const FETCH: [&str; 4] = ["models", "fetch", ID, "--json"];

fn weights() -> Vec<u8> {
    tiny_t5().into_iter().find(|(name, _)| *name == WEIGHTS).expect("the fixture has weights").1
}

fn forty_percent() -> usize {
    weights().len() * 2 / 5
}

/// Where the weights grow, and where they lie when they are whole.
fn blobs(home: &Home) -> (PathBuf, PathBuf) {
    let name = digest("sha256sum", &[], &weights());
    let folder = cached(home, ID).join("blobs");
    (folder.join(format!("{name}.incomplete")), folder.join(name))
}

fn is_listed(hub: &LocalHub, home: &Home) -> bool {
    let (code, listed, said) = hub.run(home, &["models", "list", "--json"]);
    assert_eq!(code, Some(0), "{said}");
    let listed: Vec<Value> = serde_json::from_str(&listed).expect("the list is JSON");
    listed.iter().any(|base| base["name"] == ID)
}

/// The cache holds the model as the hub has it, and it answers.
fn assert_usable(hub: &LocalHub, home: &Home) {
    let repository = cached(home, ID);
    assert_eq!(fs::read_to_string(repository.join("refs/main")).expect("a current snapshot"), COMMIT);
    for (name, content) in tiny_t5() {
        assert_eq!(
            fs::read(repository.join("snapshots").join(COMMIT).join(name)).expect("a file of the snapshot"),
            content,
            "{name}"
        );
    }
    let left = fs::read_dir(repository.join("blobs")).expect("blobs").filter_map(Result::ok);
    assert!(left.into_iter().all(|entry| entry.path().extension().is_none()), "nothing incomplete is left");
    assert!(is_listed(hub, home));
    let (code, _, said) = hub.run(home, &["generate", "--base-model", ID, "--max-new-tokens", "2", "a"]);
    assert_eq!(code, Some(0), "{said}");
}

#[test]
fn a_download_cut_at_forty_percent_goes_on_from_there_in_the_next_command() {
    let home = Home::new();
    let hub = LocalHub::start([(ID, tiny_t5())]);
    hub.expect([Fate::CutAfter(forty_percent()), Fate::Status(503)]);
    let (code, output, said) = hub.run(&home, &FETCH);
    assert_eq!((code, output.as_str()), (Some(3), ""), "{said}");
    assert!(said.contains("503") && said.contains("what has arrived is kept"), "{said}");
    assert!(!is_listed(&hub, &home), "half a base is no base");

    let (code, output, said) = hub.run(&home, &FETCH);
    assert_eq!(code, Some(0), "{said}");
    let seen = hub.seen_for_weights();
    assert_eq!(
        seen.iter().map(|seen| seen.from).collect::<Vec<_>>(),
        [None, Some(forty_percent()), Some(forty_percent()),]
    );
    assert_eq!(seen.iter().map(|seen| seen.sent).sum::<usize>(), weights().len(), "no byte comes twice");
    let small = hub.seen().iter().filter(|seen| seen.path.contains("/resolve/")).count() - seen.len();
    assert_eq!(small, 2, "the small files were here already");
    let fetched: Value = serde_json::from_str(&output).unwrap();
    assert_eq!(fetched["receivedBytes"], weights().len() - forty_percent());
    assert_eq!(fetched["verified"], false, "nobody vouches for this model");
    assert_usable(&hub, &home);
}

#[test]
fn a_connection_that_breaks_is_opened_again_by_the_same_command() {
    let home = Home::new();
    let hub = LocalHub::start([(ID, tiny_t5())]);
    hub.expect([Fate::CutAfter(forty_percent()), Fate::CutAfter(1000)]);
    let (code, _, said) = hub.run(&home, &FETCH);
    assert_eq!(code, Some(0), "{said}");
    let offsets: Vec<_> = hub.seen_for_weights().iter().map(|seen| seen.from).collect();
    assert_eq!(offsets, [None, Some(forty_percent()), Some(forty_percent() + 1000)]);
    assert_usable(&hub, &home);
}

#[test]
fn a_connection_that_brings_nothing_ends_the_command_with_the_way_on() {
    let home = Home::new();
    let hub = LocalHub::start([(ID, tiny_t5())]);
    hub.expect([Fate::CutAfter(forty_percent()), Fate::CutAfter(0)]);
    let (code, _, said) = hub.run(&home, &FETCH);
    assert_eq!(code, Some(5), "{said}");
    let after = format!("lost after {} of {} bytes of {WEIGHTS}", forty_percent(), weights().len());
    assert!(said.contains(&after) && said.contains("goes on from there"), "{said}");
}

#[test]
fn a_hub_that_lies_about_a_hash_is_refused_once_and_believed_when_it_tells_the_truth() {
    let home = Home::new();
    let hub = LocalHub::start([(ID, tiny_t5())]);
    hub.lie_once();
    let (code, output, said) = hub.run(&home, &FETCH);
    assert_eq!((code, output.as_str()), (Some(3), ""), "{said}");
    assert!(said.contains(&format!("{WEIGHTS} of {ID} is refused")), "{said}");
    assert!(said.contains(&"0".repeat(64)) && said.contains(&digest("sha256sum", &[], &weights())), "{said}");
    assert!(said.contains("was not kept"), "{said}");
    let kept = fs::read_dir(cached(&home, ID).join("blobs")).unwrap().filter_map(Result::ok);
    assert!(kept.into_iter().all(|entry| entry.metadata().unwrap().len() < 10_000), "the weights are gone");
    assert!(!is_listed(&hub, &home));
    let (code, _, said) = hub.run(&home, &FETCH);
    assert_eq!(code, Some(0), "{said}");
    assert_usable(&hub, &home);
}

#[test]
fn bytes_that_were_changed_on_the_way_are_refused_and_fetched_again() {
    let home = Home::new();
    let hub = LocalHub::start([(ID, tiny_t5())]);
    hub.expect([Fate::Spoil]);
    let (code, _, said) = hub.run(&home, &FETCH);
    assert_eq!(code, Some(3), "{said}");
    let (incomplete, whole) = blobs(&home);
    assert!(!incomplete.exists() && !whole.exists(), "the bad file is removed");
    let (code, _, said) = hub.run(&home, &FETCH);
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(hub.seen_for_weights().last().unwrap().from, None, "from the start");
    assert_usable(&hub, &home);
}

#[test]
fn a_file_that_was_spoilt_in_the_cache_is_mended_by_another_fetch() {
    let home = Home::new();
    let hub = LocalHub::start([(ID, tiny_t5())]);
    assert_eq!(hub.run(&home, &FETCH).0, Some(0));
    let (_, whole) = blobs(&home);
    let mut spoilt = weights();
    spoilt[50_000] ^= 1;
    fs::write(&whole, spoilt).unwrap();
    let (code, _, said) = hub.run(&home, &FETCH);
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(hub.seen_for_weights().len(), 2);
    assert_usable(&hub, &home);
    let (code, output, _) = hub.run(&home, &FETCH);
    let fetched: Value = serde_json::from_str(&output).unwrap();
    assert_eq!((code, &fetched["receivedBytes"]), (Some(0), &Value::from(0)), "a whole base is not fetched");
}

#[test]
fn a_fetch_killed_in_the_middle_leaves_no_base_and_its_bytes_for_the_next_one() {
    let home = Home::new();
    let hub = LocalHub::start([(ID, tiny_t5())]);
    let (hold, is_reached, _go_on) = hold_after(forty_percent());
    hub.expect([hold]);
    let mut child = hub.command(&home, &FETCH).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    is_reached.recv().expect("the hub sends two fifths");
    // It says so after each tenth is on the disk; two fifths of the weights are four tenths of the whole.
    let said = BufReader::new(child.stderr.take().unwrap()).lines().map_while(Result::ok);
    let kibibytes = |line: &str| line.split(' ').next()?.parse::<f64>().ok();
    let mut arrived = said.filter(|line| line.contains("KiB") && kibibytes(line) > Some(49.3));
    assert!(arrived.next().is_some(), "it says what has arrived");
    child.kill().unwrap();
    child.wait().unwrap();

    let (incomplete, whole) = blobs(&home);
    let kept = usize::try_from(fs::metadata(&incomplete).map_or(0, |file| file.len())).unwrap();
    assert!((45_000..=forty_percent()).contains(&kept) && !whole.exists(), "{kept}");
    assert!(!cached(&home, ID).join("refs/main").exists(), "nothing names a snapshot");
    assert!(!is_listed(&hub, &home));
    let (code, _, said) = hub.run(&home, &FETCH);
    assert_eq!(code, Some(0), "{said}");
    let last = hub.seen_for_weights().pop().unwrap();
    assert_eq!((last.from, last.sent), (Some(kept), weights().len() - kept), "no byte comes twice");
    assert_usable(&hub, &home);
}

#[test]
fn a_server_that_cannot_begin_in_the_middle_is_read_from_the_start() {
    let home = Home::new();
    let hub = LocalHub::start([(ID, tiny_t5())]);
    hub.expect([Fate::CutAfter(forty_percent()), Fate::IgnoreRange]);
    let (code, _, said) = hub.run(&home, &FETCH);
    assert_eq!(code, Some(0), "{said}");
    assert_usable(&hub, &home);
}

#[test]
fn the_token_goes_to_the_endpoint_alone_and_into_no_message() {
    let home = Home::new();
    let hub = LocalHub::start([(ID, tiny_t5())]);
    let storage = LocalHub::start([(ID, tiny_t5())]);
    hub.require_token("hf_secret");
    let with_token = |token: &str| {
        let mut command = hub.command(&home, &FETCH);
        super::local_hub::finish(command.env("HF_TOKEN", token).env("ATTUNE_LOG", "trace"))
    };
    let (code, _, said) = with_token("hf_secret_of_another");
    assert_eq!(code, Some(3), "{said}");
    assert!(said.contains("401") && said.contains("HF_TOKEN") && !said.contains("hf_secret"), "{said}");
    let (code, _, said) = hub.run(&home, &FETCH);
    assert_eq!(code, Some(3), "{said}");
    assert!(said.contains("set HF_TOKEN"), "{said}");

    hub.expect([Fate::SendTo(storage.address())]);
    let (code, output, said) = with_token("hf_secret");
    assert_eq!(code, Some(0), "{said}");
    assert!(!said.contains("hf_secret") && !output.contains("hf_secret"), "{said}");
    let carried = |seen: &Seen| seen.authorization.is_some();
    assert!(storage.seen().len() == 1 && !storage.seen().iter().any(carried), "{:?}", storage.seen());
    assert_eq!(hub.seen().last().unwrap().authorization.as_deref(), Some("Bearer hf_secret"));
    assert_usable(&hub, &home);
}

#[test]
fn a_known_base_is_verified_only_with_the_published_bytes_of_every_file() {
    let home = Home::new();
    let hub = LocalHub::start([(ID, tiny_t5())]);
    let models = home.path("models");
    fs::create_dir(&models).unwrap();
    let publish = |spoilt: &str| {
        let files: Vec<Value> = tiny_t5()
            .iter()
            .map(|(name, content)| {
                let sha256 = digest("sha256sum", &[], content);
                let sha256 = if *name == spoilt { "f".repeat(64) } else { sha256 };
                json!({"name": name, "bytes": content.len(), "sha256": sha256})
            })
            .collect();
        let manifest = json!({"bases": [{"id": ID, "revision": COMMIT, "files": files}]});
        fs::write(models.join("bases.json"), manifest.to_string()).unwrap();
    };
    let bases = Bases::new(models.clone(), home.path("cache"));
    let local = Hub::new(&hub.address(), None).unwrap();
    let fetch = || bases.fetch(ID, &local, &mut |_| ControlFlow::Continue(()));
    // The weights are compared by the hub's own statement, small files by their bytes.
    for (spoilt, requests_for_weights) in [(WEIGHTS, 0), ("tokenizer.json", 0), ("", 1)] {
        publish(spoilt);
        let fetched = fetch();
        assert_eq!(hub.seen_for_weights().len(), requests_for_weights, "{spoilt}");
        match fetched {
            Ok(fetched) => assert!(fetched.verified && spoilt.is_empty(), "{fetched:?}"),
            Err(Error::Fetch(FetchError::Mismatch { file, expected, .. })) => {
                assert!(file == spoilt && expected.contains(&"f".repeat(64)), "{file}: {expected}");
            }
            Err(other) => panic!("{other}"),
        }
    }
    let asked = hub.seen();
    let revision = format!("/revision/{COMMIT}");
    assert!(
        asked[0].path.contains(&revision),
        "a known base is asked for at its published revision: {asked:?}"
    );
    assert!(bases.summaries().unwrap()[0].verified);
}

#[test]
fn the_file_of_a_chat_model_is_fetched_by_its_name_and_only_if_it_can_write() {
    const CHAT: &str = "some/tiny-chat";
    let fixtures = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/chat_models");
    let whole = fs::read(fixtures.join("tiny_llama.gguf")).expect("the fixture is there");
    let torn = whole[..whole.len() / 2].to_vec();
    let home = Home::new();
    let hub = LocalHub::start([(CHAT, vec![("tiny.gguf", whole.clone()), ("torn.gguf", torn)])]);
    let fetch = |name: &str| hub.run(&home, &["models", "fetch", name, "--json"]);

    let (code, _, said) = fetch(CHAT);
    assert_eq!(code, Some(3), "{said}");
    assert!(said.contains("is no base to train on") && said.contains("tiny.gguf, torn.gguf"), "{said}");
    let (code, _, said) = fetch(&format!("{CHAT}/large.gguf"));
    assert_eq!(code, Some(3), "{said}");
    assert!(said.contains("no file large.gguf") && said.contains("OWNER/NAME/FILE.gguf"), "{said}");
    let (code, _, said) = fetch(&format!("{CHAT}/../tiny.gguf"));
    assert_eq!(code, Some(3), "{said}");
    let (code, _, said) = fetch(&format!("{CHAT}/torn.gguf"));
    assert_eq!(code, Some(3), "{said}");
    let snapshots = cached(&home, CHAT).join("snapshots");
    assert!(!snapshots.exists(), "nothing of it is to be found");

    let (code, output, said) = fetch(&format!("{CHAT}/tiny.gguf"));
    assert_eq!(code, Some(0), "{said}");
    let fetched: Value = serde_json::from_str(&output).unwrap();
    let path = PathBuf::from(fetched["path"].as_str().unwrap());
    assert_eq!(path, snapshots.join(COMMIT).join("tiny.gguf"));
    assert_eq!(fs::read(path).unwrap(), whole);
    let (_, listed, _) = hub.run(&home, &["models", "list", "--json"]);
    assert!(!listed.contains(CHAT), "it is no base: {listed}");
}
