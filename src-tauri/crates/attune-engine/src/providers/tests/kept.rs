//! Endpoints in the database of a data folder, without their keys.

use std::sync::Arc;

use serde_json::json;

use super::{Fate, FaultServer};
use crate::providers::keychain::memory::MemoryKeychain;
use crate::providers::{EndpointError, Endpoints, KeySource, Keys, NewEndpoint};
use crate::store::Store;
use crate::{Created, Environment, Error};

const SECRET: &str = "sk-canary-0123456789";

struct Place {
    folder: tempfile::TempDir,
    store: Store,
    keychain: Arc<MemoryKeychain>,
    keys: Keys,
}

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("attune.db")).unwrap();
        let keychain = Arc::new(MemoryKeychain::default());
        let keys = Keys::with(Arc::clone(&keychain) as _, Environment::default());
        Self { folder, store, keychain, keys }
    }

    fn endpoints(&self) -> Endpoints<'_> {
        Endpoints { store: &self.store, keys: &self.keys }
    }

    fn kept_keys(&self) -> Vec<String> {
        self.keychain.kept.lock().unwrap().keys().cloned().collect()
    }
}

fn id() -> String {
    format!("end_{}", ulid::Ulid::generate())
}

fn new(name: &str, base_url: &str) -> NewEndpoint {
    NewEndpoint { name: name.to_owned(), base_url: base_url.to_owned(), model: "small".to_owned() }
}

#[test]
fn an_endpoint_is_kept_once_and_read_back_by_whoever_opens_the_database_next() {
    let place = Place::new();
    let id = id();
    let (kept, created) = place.endpoints().create(&id, &new(" Mine ", "http://127.0.0.1:1/v1/")).unwrap();
    assert_eq!(
        (kept.name.as_str(), kept.base_url.as_str(), created),
        ("Mine", "http://127.0.0.1:1/v1", Created::Now)
    );
    let (again, created) = place.endpoints().create(&id, &new("Other", "http://127.0.0.1:2/v1")).unwrap();
    assert_eq!((&again, created), (&kept, Created::Before));
    let reopened = Store::open(&place.folder.path().join("attune.db")).unwrap();
    let endpoints = Endpoints { store: &reopened, keys: &place.keys };
    assert_eq!(endpoints.all().unwrap(), [kept]);
    endpoints.delete(&id).unwrap();
    assert!(matches!(endpoints.find(&id), Err(Error::Endpoint(EndpointError::Unknown { .. }))));
    endpoints.delete(&id).unwrap_err();
}

#[test]
fn what_cannot_be_an_endpoint_is_refused_by_its_field() {
    let place = Place::new();
    place.endpoints().create(&id(), &new("Taken", "https://api.example/v1")).unwrap();
    let field = |id: &str, new: NewEndpoint| place.endpoints().create(id, &new).unwrap_err().field();
    assert_eq!(field("end_1", new("A", "https://api.example/v1")), Some("id"));
    assert_eq!(field(&id(), new(" ", "https://api.example/v1")), Some("name"));
    assert_eq!(field(&id(), new("Taken", "https://api.example/v1")), Some("name"));
    assert_eq!(field(&id(), new("A", "api.example")), Some("baseUrl"));
    let without_model = NewEndpoint { model: String::new(), ..new("A", "https://api.example/v1") };
    assert_eq!(field(&id(), without_model), Some("model"));
    assert_eq!(place.endpoints().all().unwrap().len(), 1);
}

#[test]
fn the_last_endpoint_of_an_origin_takes_its_key_along_and_no_key_is_in_the_database() {
    let place = Place::new();
    let (one, other) = (id(), id());
    place.endpoints().create(&one, &new("One", "https://api.example/v1")).unwrap();
    place.endpoints().create(&other, &new("Other", "https://api.example/v2")).unwrap();
    place.endpoints().set_key(&one, Some(SECRET)).unwrap();
    assert_eq!(place.kept_keys(), ["https://api.example"]);
    for entry in std::fs::read_dir(place.folder.path()).unwrap() {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        assert!(!bytes.windows(SECRET.len()).any(|window| window == SECRET.as_bytes()));
    }
    place.endpoints().delete(&one).unwrap();
    assert_eq!(place.kept_keys().len(), 1);
    place.endpoints().delete(&other).unwrap();
    assert_eq!(place.kept_keys(), [""; 0]);
}

#[test]
fn a_changed_endpoint_leaves_its_key_where_it_was_for_and_the_last_one_there_takes_it_along() {
    let place = Place::new();
    let (one, other) = (id(), id());
    let (kept, _) = place.endpoints().create(&one, &new("One", "https://api.example/v1")).unwrap();
    place.endpoints().create(&other, &new("Other", "https://api.example/v1")).unwrap();
    place.endpoints().set_key(&one, Some(SECRET)).unwrap();
    assert_eq!(place.endpoints().key(&one).unwrap().source, Some(KeySource::Keychain));

    let moved = place.endpoints().change(&one, &new("Moved", "https://else.example/v1/")).unwrap();
    assert_eq!((moved.name.as_str(), moved.base_url.as_str()), ("Moved", "https://else.example/v1"));
    assert_eq!((&moved.id, &moved.created_at), (&kept.id, &kept.created_at));
    assert_eq!(place.endpoints().find(&one).unwrap(), moved);
    assert_eq!(place.endpoints().key(&one).unwrap().source, None);
    assert_eq!(place.endpoints().key(&other).unwrap().source, Some(KeySource::Keychain));
    place.endpoints().change(&other, &new("Other", "https://else.example/v1")).unwrap();
    assert_eq!(place.kept_keys(), [""; 0]);

    let field = |id: &str, new: NewEndpoint| place.endpoints().change(id, &new).unwrap_err().field();
    assert_eq!(field(&other, new("Moved", "https://api.example/v1")), Some("name"));
    assert_eq!(field(&other, new("Other", "api.example")), Some("baseUrl"));
    assert_eq!(field(&id(), new("None", "https://api.example/v1")), None);
}

#[test]
fn a_look_at_an_endpoint_says_what_it_has_and_which_key_it_took() {
    let list = json!({"data": [{"id": "large"}, {"id": "small", "shutdown_date": "2027-01-14"}]});
    let server = FaultServer::start([]).otherwise(Fate::json(200, &list));
    let place = Place::new();
    let id = id();
    place.endpoints().create(&id, &new("Mine", &server.base())).unwrap();
    let check = place.endpoints().check(&id).unwrap();
    assert_eq!((check.models, check.lists_the_model, check.key), (2, true, None));
    assert_eq!(check.shutdown_date.as_deref(), Some("2027-01-14"));
    place.endpoints().set_key(&id, Some(SECRET)).unwrap();
    assert_eq!(place.endpoints().check(&id).unwrap().key, Some(KeySource::Keychain));
    assert_eq!(place.endpoints().models(&server.base(), None).unwrap()[0].id, "large");
    place.endpoints().set_key(&id, None).unwrap();
    place.endpoints().models(&server.base(), Some("sk-typed")).unwrap();
    let seen = server.seen();
    let keys: Vec<Option<&str>> = seen.iter().map(|seen| seen.authorization.as_deref()).collect();
    let kept = format!("Bearer {SECRET}");
    assert_eq!(keys, [None, Some(kept.as_str()), Some(&kept), Some("Bearer sk-typed")]);
    assert_eq!(place.kept_keys(), [""; 0], "what was typed to look is kept nowhere");
    assert!(server.seen().iter().all(|seen| seen.line == "GET /v1/models"));
}

#[test]
fn a_trial_shows_what_the_model_says() {
    let server = FaultServer::start([Fate::streams(&["It ", "rained.", "\n"])]);
    let place = Place::new();
    let id = id();
    place.endpoints().create(&id, &new("Mine", &server.base())).unwrap();
    let trial = place.endpoints().try_out(&id).unwrap();
    assert_eq!((trial.text.as_str(), trial.usage.unwrap().completion_tokens), ("It rained.", 3));
    assert_eq!(server.seen()[0].body["model"], "small");
}
