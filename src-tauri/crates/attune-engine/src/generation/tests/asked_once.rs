//! Endpoints are asked for each text once, whatever happens on the way: it may have been paid for.

use std::collections::BTreeSet;

use super::*;
use crate::NewEndpoint;
use crate::providers::tests::{Fate, FaultServer, Seen};

const STORY: &str =
    "The lighthouse keeper found the old map. She followed it to the sea, and the sea answered.";
const ENDPOINT: &str = "end_01JD5Q0V7Z8K3M2N4P6R8S0T1V";

fn wanted(engine: &Engine, server: &FaultServer, num_examples: u32) -> BatchRequest {
    let new = NewEndpoint { name: "Mine".into(), base_url: server.base(), model: "small".into() };
    engine.create_endpoint(ENDPOINT, &new).unwrap();
    let generators = vec![GeneratorChoice::Endpoint { endpoint: ENDPOINT.to_owned() }];
    BatchRequest { num_examples, generators, ..small(num_examples) }
}

fn story() -> Fate {
    Fate::streams(&[STORY])
}

/// What the server was asked for, by the seed that each ask has of its own.
fn seeds(seen: &[Seen]) -> Vec<u64> {
    seen.iter().map(|seen| seen.body["seed"].as_u64().unwrap()).collect()
}

#[test]
fn a_batch_takes_the_texts_of_its_preview_and_asks_for_the_others_only() {
    let (place, server) = (Place::new(), FaultServer::start([]).otherwise(story()));
    let engine = place.open();
    let wanted = wanted(&engine, &server, 8);
    let stop = std::sync::atomic::AtomicBool::new(false);
    let preview = engine.preview(&wanted, &stop).unwrap().unwrap();
    assert_eq!((preview.examples.len(), server.seen().len()), (5, 5));
    let batch = finished(&engine, &wanted);
    assert_eq!((batch.status, batch.tallies.attempts), (BatchStatus::Completed, 8), "{batch:?}");
    assert_eq!(server.seen().len(), 8);
    let again = finished(&engine, &wanted);
    assert_eq!((again.tallies.attempts, server.seen().len()), (8, 16), "a preview serves one batch");
}

#[test]
fn spent_credit_fails_a_batch_which_goes_on_with_what_is_missing_and_nothing_is_asked_for_twice() {
    let spent = Fate::fails(429, "insufficient_quota", "Pay first");
    let (place, server) = (Place::new(), FaultServer::start([story(), story(), story()]).otherwise(spent));
    let engine = place.open();
    let batch = finished(&engine, &wanted(&engine, &server, 10));
    assert_eq!((batch.status, batch.tallies.attempts), (BatchStatus::Failed, 3), "{batch:?}");
    assert_eq!(batch.tallies.without_text, 0, "an attempt that was not paid for is none: {batch:?}");
    assert!(batch.error_message.as_ref().unwrap().contains("credit"), "{batch:?}");
    let answered: BTreeSet<u64> = rows(&engine, &batch)
        .iter()
        .map(|example| example.provenance.as_ref().unwrap().seed & 0x7fff_ffff)
        .collect();

    server.answers_now(story());
    let before = server.seen().len();
    engine.continue_batch(batch.id.as_str()).unwrap();
    let whole = engine.wait_for_batch(batch.id.as_str()).unwrap();
    assert_eq!((whole.status, whole.tallies.attempts), (BatchStatus::Completed, 10), "{whole:?}");
    let later = seeds(&server.seen()[before..]);
    assert_eq!(later.len(), 7);
    assert!(later.iter().all(|seed| !answered.contains(seed)), "{later:?} {answered:?}");
    let numbers: BTreeSet<Option<u32>> =
        rows(&engine, &whole).iter().map(|example| example.attempt).collect();
    assert_eq!(numbers, (0..10).map(Some).collect());
}
