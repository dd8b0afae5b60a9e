//! Whole batches that models at an endpoint write and judge, with the bundled base as the measure.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::providers::tests::{Fate, FaultServer};
use crate::{
    Batch, BatchRequest, BatchStatus, Claim, DataFolder, Engine, EngineOptions, Environment, Example,
    ExampleFilter, GeneratorChoice, NewEndpoint, Resources,
};

const KEY: &str = "sk-canary-0123456789";
const STORY: &str = "The lighthouse keeper found the old map under a loose board. She followed it down the cliff \
                     path until the tide turned, and there, behind the last rock, stood the door her father had \
                     painted in every picture. She knocked once, and the sea answered.";

struct Place {
    folder: tempfile::TempDir,
    engine: Engine,
}

impl Place {
    /// A new data folder whose key of the environment is for this server.
    fn with_key_for(server: &FaultServer) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let variables = format!("OPENAI_API_KEY={KEY}\nOPENAI_BASE_URL={}\n", server.base());
        std::fs::write(folder.path().join(".env.local"), variables).unwrap();
        let environment = Environment::default().with_file_in(folder.path());
        let data_folder = DataFolder::find(Some(folder.path().to_owned()), &environment).unwrap();
        let Claim::Owned(data_folder) = data_folder.claim().unwrap() else { panic!("the folder is new") };
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../..");
        let resources = Resources { models: root.join("models"), content: root.join("data") };
        let worker_program = PathBuf::from("no run is started here");
        let options = EngineOptions { data_folder, resources, environment, port: None, worker_program };
        Self { folder, engine: Engine::open(options).unwrap() }
    }

    fn endpoint(&self, name: &str, server: &FaultServer) -> String {
        let id = format!("end_{}", ulid::Ulid::generate());
        let new = NewEndpoint { name: name.into(), base_url: server.base(), model: name.into() };
        self.engine.create_endpoint(&id, &new).unwrap();
        id
    }

    fn batch(&self, request: BatchRequest) -> (Batch, Vec<Example>) {
        let (batch, _) = self.engine.create_batch(&request).unwrap();
        let batch = self.engine.wait_for_batch(batch.id.as_str()).unwrap();
        let of_batch = ExampleFilter { batch: Some(batch.id.clone()), ..ExampleFilter::default() };
        let examples = self.engine.examples(&of_batch, None, 100).unwrap().examples;
        (batch, examples)
    }
}

fn request(num_examples: u32, endpoint: &str, judge: Option<&str>) -> BatchRequest {
    BatchRequest {
        num_examples,
        genres: vec!["mystery".to_owned()],
        generators: vec![GeneratorChoice::Endpoint { endpoint: endpoint.to_owned() }],
        judge: judge.map(str::to_owned),
        seed: Some(1),
        ..BatchRequest::default()
    }
}

#[test]
fn an_endpoint_writes_a_batch_and_another_judges_it_and_no_file_holds_the_key() {
    let verdict = "{\"score\": 0.9, \"reasons\": [\"It keeps its promise.\"]}";
    let writer = FaultServer::start([Fate::streams(&[STORY])]).otherwise(Fate::fails(
        400,
        "invalid_prompt",
        "Not this one",
    ));
    let judge = FaultServer::start([]).otherwise(Fate::says(verdict));
    let place = Place::with_key_for(&writer);
    let (of_writer, of_judge) = (place.endpoint("writer", &writer), place.endpoint("judge", &judge));
    let (batch, examples) = place.batch(request(3, &of_writer, Some(&of_judge)));
    assert_eq!(
        (batch.status, batch.tallies.attempts),
        (BatchStatus::Completed, 3),
        "{:?}",
        batch.error_message
    );
    assert_eq!(batch.tallies.failures.get("request_refused"), Some(&2));
    let written = examples.iter().find(|example| !example.output.is_empty()).unwrap();
    assert_eq!(written.output, STORY);
    let part = written.parts.as_ref().unwrap().judge.as_ref().unwrap();
    assert_eq!((part.value, part.words.as_str()), (0.9, "It keeps its promise."));
    let provenance = written.provenance.as_ref().unwrap();
    assert!(
        provenance.generator.name.starts_with("writer at http://127.0.0.1:"),
        "{:?}",
        provenance.generator
    );
    let sent: Value = serde_json::from_str(&provenance.prompt).unwrap();
    assert_eq!(sent[1]["content"], written.input);

    // The key is the writer's alone, and nowhere in the data folder but in the file that gave it.
    let bearer = format!("Bearer {KEY}");
    assert!(writer.seen().iter().all(|seen| seen.authorization.as_deref() == Some(&bearer)));
    assert!(judge.seen().iter().all(|seen| seen.authorization.is_none()));
    for entry in std::fs::read_dir(place.folder.path()).unwrap() {
        let path = entry.unwrap().path();
        let is_a_database = path.file_name().unwrap().to_string_lossy().starts_with("attune.db");
        if is_a_database {
            let bytes = std::fs::read(&path).unwrap();
            assert!(!bytes.windows(KEY.len()).any(|window| window == KEY.as_bytes()), "{}", path.display());
        }
    }
}

#[test]
fn a_judge_that_breaks_its_schema_is_counted_and_leaves_the_quality_to_the_other_parts() {
    let writer = FaultServer::start([]).otherwise(Fate::streams(&[STORY]));
    let judge = FaultServer::start([]).otherwise(Fate::says("A wonderful story! 10 of 10."));
    let place = Place::with_key_for(&writer);
    let (of_writer, of_judge) = (place.endpoint("writer", &writer), place.endpoint("judge", &judge));
    let (batch, examples) = place.batch(request(1, &of_writer, Some(&of_judge)));
    assert_eq!(batch.tallies.failures.get("judge_no_verdict"), Some(&1));
    assert!(examples[0].quality.is_some() && examples[0].parts.as_ref().unwrap().judge.is_none());
}

#[test]
fn a_batch_whose_credit_is_spent_fails_with_its_sentence_and_keeps_what_was_written() {
    let writer = FaultServer::start([Fate::streams(&[STORY])]).otherwise(Fate::fails(
        429,
        "insufficient_quota",
        "You exceeded your current quota",
    ));
    let place = Place::with_key_for(&writer);
    let endpoint = place.endpoint("writer", &writer);
    let (batch, examples) = place.batch(request(50, &endpoint, None));
    assert_eq!(batch.status, BatchStatus::Failed);
    let why = batch.error_message.unwrap();
    assert!(why.contains("the credit is spent") && !why.contains(KEY), "{why}");
    assert_eq!(examples.iter().filter(|example| example.output == STORY).count(), 1);
    assert!(writer.seen().len() < 10, "{}", writer.seen().len());
}
