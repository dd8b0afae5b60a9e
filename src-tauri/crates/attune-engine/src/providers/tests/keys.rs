//! A key reaches its own origin and nothing else.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use serde_json::Value;

use super::{Fate, FaultServer, client, request};
use crate::Environment;
use crate::environment::{OPENAI_API_KEY, OPENAI_BASE_URL};
use crate::providers::key::Key;
use crate::providers::keychain::memory::MemoryKeychain;
use crate::providers::{BaseUrl, Client, EndpointError, KeySource, Keys, Patience, Retries};

const SECRET: &str = "sk-canary-0123456789";

fn base(text: &str) -> BaseUrl {
    BaseUrl::parse(text).unwrap()
}

fn openai_key(base_url: Option<&str>) -> Environment {
    let folder = tempfile::tempdir().unwrap();
    let line = base_url.map(|url| format!("{OPENAI_BASE_URL}={url}\n")).unwrap_or_default();
    std::fs::write(folder.path().join(".env.local"), format!("{OPENAI_API_KEY}={SECRET}\n{line}")).unwrap();
    Environment::default().with_file_in(folder.path())
}

#[test]
fn a_key_goes_with_each_request_to_its_endpoint_and_not_where_that_sends_to() {
    let other = FaultServer::start([]).otherwise(Fate::says("A"));
    for status in [301, 302, 303, 307, 308] {
        let to = format!("{}/chat/completions", other.base());
        let server = FaultServer::start([Fate::json(status, &Value::Null).header("Location", &to)]);
        let asked = client(&server.base(), Some(SECRET)).chat(&request(false), &AtomicBool::new(false));
        assert!(matches!(asked.said, Err(EndpointError::Redirected { .. })), "{asked:?}");
        let seen = server.seen();
        assert_eq!(seen.len(), 1);
        assert_eq!(seen[0].authorization.as_deref(), Some(format!("Bearer {SECRET}").as_str()));
    }
    assert_eq!(other.seen(), []);
}

#[test]
fn no_key_travels_where_others_could_read_it() {
    let key = || Some(Key::new(SECRET).unwrap());
    let client = |text: &str, key| Client::new(base(text), key, Patience::default(), Retries::default());
    let refused = client("http://192.168.1.7/v1", key()).unwrap_err();
    assert!(matches!(refused, EndpointError::KeyInTheOpen { .. }));
    client("http://192.168.1.7/v1", None).unwrap();
    client("https://192.168.1.7/v1", key()).unwrap();
    let keys = Keys::with(Arc::new(MemoryKeychain::default()), Environment::default());
    keys.set(&base("http://api.example/v1"), &Key::new(SECRET).unwrap()).unwrap_err();
}

#[test]
fn a_key_is_found_by_its_origin_alone() {
    let keys = Keys::with(Arc::new(MemoryKeychain::default()), Environment::default());
    keys.set(&base("https://api.example/v1"), &Key::new(SECRET).unwrap()).unwrap();
    let source = |text: &str| keys.find(&base(text)).source;
    assert_eq!(source("https://API.example:443/other/path"), Some(KeySource::Keychain));
    for other in ["https://api.example:8443/v1", "http://api.example/v1", "https://api.example.org/v1"] {
        assert_eq!(source(other), None, "{other}");
    }
}

#[test]
fn the_key_of_the_environment_is_for_openai_or_for_the_host_that_is_named_beside_it() {
    let source = |environment: Environment, text: &str| {
        Keys::with(Arc::new(MemoryKeychain { is_missing: true, ..MemoryKeychain::default() }), environment)
            .find(&base(text))
            .source
    };
    let environment = Some(KeySource::Environment);
    assert_eq!(source(openai_key(None), "https://api.openai.com/v1"), environment);
    assert_eq!(source(openai_key(None), "https://api.example/v1"), None);
    assert_eq!(source(openai_key(None), "http://api.openai.com/v1"), None);
    let elsewhere = || openai_key(Some("https://api.example/v1"));
    assert_eq!(source(elsewhere(), "https://api.example/v2"), environment);
    assert_eq!(source(elsewhere(), "https://api.openai.com/v1"), None);
    assert_eq!(source(openai_key(Some("nonsense")), "https://api.openai.com/v1"), None);
}

#[test]
fn the_keychain_goes_before_the_environment_and_its_absence_is_told() {
    let here = base("https://api.openai.com/v1");
    let keys = Keys::with(Arc::new(MemoryKeychain::default()), openai_key(None));
    keys.set(&here, &Key::new("sk-other").unwrap()).unwrap();
    assert_eq!(keys.find(&here).key, Some(Key::new("sk-other").unwrap()));
    assert!(keys.remove(&here).unwrap() && !keys.remove(&here).unwrap());
    assert_eq!(keys.find(&here).key, Some(Key::new(SECRET).unwrap()));

    let missing = MemoryKeychain { is_missing: true, ..MemoryKeychain::default() };
    let keys = Keys::with(Arc::new(missing), Environment::default());
    let problem = keys.find(&here).problem.unwrap();
    assert!(problem.hint().contains(OPENAI_API_KEY), "{problem}");
    keys.set(&here, &Key::new(SECRET).unwrap()).unwrap_err();
}

#[test]
fn a_key_is_in_no_failure_and_no_debug_output_even_where_the_server_repeats_it() {
    for fate in [
        Fate::fails(401, SECRET, &format!("Incorrect key: {SECRET}.")),
        Fate::fails(400, "x", SECRET),
        Fate::text(403, "text/plain", SECRET),
        Fate::json(200, &serde_json::json!({"error": {"message": SECRET}})),
        Fate::json(200, &super::fault_server::answer(serde_json::json!({"refusal": SECRET}), "stop")),
        Fate::json(302, &Value::Null).header("Location", &format!("/?key={SECRET}")),
        Fate::text(200, SECRET, SECRET),
        Fate::raw(&format!("{SECRET}\r\n\r\n")),
        Fate::stream([SECRET]),
    ] {
        let server = FaultServer::start([fate.clone()]);
        let client = client(&server.base(), Some(SECRET));
        for stream in [false, true] {
            let failed = client.chat(&request(stream), &AtomicBool::new(false)).said.unwrap_err();
            let words = format!("{failed} {failed:?} {client:?} {}", crate::with_reasons(&failed));
            assert!(!words.contains(SECRET), "{fate:?}: {words}");
        }
    }
}

#[test]
fn a_computer_without_a_keychain_says_so_and_one_with_it_has_no_key_for_nobody() {
    let found = Keys::new(Environment::default()).find(&base("https://nobody.invalid/v1"));
    assert_eq!(found.source, None);
    if let Some(problem) = found.problem {
        assert_eq!(problem.counted_as(), "keychain", "{problem}");
    }
}
