//! Batches and examples through the engine, with the bundled base.

mod asked_once;
mod batches;
mod ensemble;
mod examples;

use std::path::{Path, PathBuf};
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::Thread;

use tempfile::TempDir;

use super::*;
use crate::{Claim, DataFolder, Engine, EngineOptions, Environment, Event, Resources, Subscription};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../..")
}

/// A data folder, and engines on it one after the other.
struct Place(TempDir);

impl Place {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn open(&self) -> Engine {
        let environment = Environment::default();
        let folder = DataFolder::find(Some(self.0.path().to_owned()), &environment).unwrap();
        let Claim::Owned(data_folder) = folder.claim().unwrap() else { panic!("nobody else owns it") };
        let resources = Resources { models: root().join("models"), content: root().join("data") };
        Engine::open(EngineOptions {
            data_folder,
            resources,
            environment,
            port: None,
            // No run is started here.
            worker_program: PathBuf::new(),
        })
        .unwrap()
    }
}

/// A small batch of short texts of the bundled base.
fn small(num_examples: u32) -> BatchRequest {
    BatchRequest {
        num_examples,
        genres: vec!["fantasy".to_owned(), "sci_fi".to_owned(), "horror".to_owned()],
        generators: vec![GeneratorChoice::LocalT5 {
            base_model: Some("attune-mini".to_owned()),
            adapter: None,
        }],
        candidates: Some(1),
        seed: Some(7),
        max_new_tokens: Some(24),
        ..BatchRequest::default()
    }
}

/// Long enough to be kept.
fn full(num_examples: u32) -> BatchRequest {
    BatchRequest { max_new_tokens: None, ..small(num_examples) }
}

fn finished(engine: &Engine, request: &BatchRequest) -> Batch {
    let (batch, _) = engine.create_batch(request).unwrap();
    engine.wait_for_batch(batch.id.as_str()).unwrap()
}

/// The examples of a batch in the order of its attempts.
fn rows(engine: &Engine, batch: &Batch) -> Vec<Example> {
    let filter = ExampleFilter { batch: Some(batch.id.clone()), ..ExampleFilter::default() };
    let mut page = engine.examples(&filter, None, 1000).unwrap();
    page.examples.reverse();
    page.examples
}

/// What decides an attempt and what came of it, without ids and moments.
#[derive(Debug, PartialEq)]
struct Essence {
    attempt: Option<u32>,
    input: String,
    output: String,
    quality: Option<f64>,
    status: ExampleStatus,
}

fn essence(examples: &[Example]) -> Vec<Essence> {
    let of = |example: &Example| {
        let Example { attempt, input, output, quality, status, .. } = example.clone();
        Essence { attempt, input, output, quality, status }
    };
    examples.iter().map(of).collect()
}

/// Waits for the next event that `wanted` takes.
fn event<T>(events: &mut Subscription, mut wanted: impl FnMut(Event) -> Option<T>) -> T {
    struct Unpark(Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = Waker::from(Arc::new(Unpark(std::thread::current())));
    loop {
        let mut next = pin!(events.next());
        let event = loop {
            match next.as_mut().poll(&mut Context::from_waker(&waker)) {
                Poll::Ready(event) => break event.unwrap().unwrap(),
                Poll::Pending => std::thread::park(),
            }
        };
        if let Some(found) = wanted(event) {
            return found;
        }
    }
}

fn first_example(events: &mut Subscription) -> Example {
    event(events, |event| match event {
        Event::Example { example, .. } => Some(*example),
        _ => None,
    })
}
