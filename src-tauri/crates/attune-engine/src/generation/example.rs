//! An example as it is stored and shown, and how examples are looked for.

use serde::{Deserialize, Serialize};

use super::BatchId;
use crate::Decoding;
use crate::ids::prefixed_id;
use crate::quality::Parts;
use crate::runs::words;

prefixed_id! {
    /// `ex_` and a ULID.
    ExampleId, "ex_"
}

words! {
    /// Whether an example is trained on.
    ExampleStatus {
        /// Nobody has judged it yet.
        Candidate = "candidate",
        Accepted = "accepted",
        Rejected = "rejected",
    }
}

words! {
    /// Where an example came from.
    ExampleSource {
        Generated = "generated",
        Battle = "battle",
        Conversation = "conversation",
        Feedback = "feedback",
        AskAi = "ask_ai",
        Imported = "imported",
    }
}

words! {
    /// What kind of thing writes examples.
    GeneratorKind {
        /// A T5 on this computer, with or without an adapter.
        LocalT5 = "local_t5",
        /// A chat model on this computer, in a GGUF file.
        LocalChat = "local_chat",
        /// A server that speaks as OpenAI's does.
        Endpoint = "endpoint",
    }
}

words! {
    RejectionKind {
        /// Its quality is below what is kept.
        BelowLine = "below_line",
        /// Its text is that of an accepted example.
        ExactTwin = "exact_twin",
        /// Its text is nearly that of an accepted example.
        NearTwin = "near_twin",
        /// No generator gave a text.
        WithoutText = "without_text",
        /// A person said so.
        Person = "person",
    }
}

/// Who wrote a text, by what cannot change behind a name.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct GeneratorName {
    pub kind: GeneratorKind,
    /// As it is shown: the base's name, a file, a model at an endpoint.
    pub name: String,
    /// SHA-256 of the weights, where they are on this computer.
    pub base_digest: Option<String>,
    /// SHA-256 of the adapter's weights, where there is one.
    pub adapter_digest: Option<String>,
}

/// How a text came about, so that it can be made again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Provenance {
    pub generator: GeneratorName,
    /// The very prompt that was sent.
    pub prompt: String,
    pub style: Option<String>,
    pub seed: u64,
    /// How tokens were drawn, as far as the generator says so.
    pub decoding: Option<Decoding>,
    pub tokens: u32,
    /// In millionths of a dollar; none where nobody knows its price.
    pub cost_micro_dollars: Option<u64>,
    /// Among how many candidates it was the best.
    pub candidates: u32,
}

/// Why an example is not trained on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejection {
    pub kind: RejectionKind,
    /// A sentence for the person.
    pub words: String,
    /// The accepted example that it is a twin of.
    pub twin_of: Option<ExampleId>,
}

/// What a model learns from: an input and the output that it should give.
#[derive(Debug, Clone, PartialEq)]
pub struct Example {
    pub id: ExampleId,
    pub batch: Option<BatchId>,
    /// Its number in the batch, from 0.
    pub attempt: Option<u32>,
    /// What the model will be asked: the same for every generator.
    pub input: String,
    /// What it should answer; empty where no generator gave a text.
    pub output: String,
    /// What it was before a person edited it.
    pub original_output: Option<String>,
    /// 0 to 1; none where nothing was judged.
    pub quality: Option<f64>,
    /// What the quality consists of; there where it is.
    pub parts: Option<Parts>,
    pub source: ExampleSource,
    pub genre: Option<String>,
    pub style: Option<String>,
    /// The person whose data it is.
    pub subject: String,
    pub status: ExampleStatus,
    /// There if and only if it is rejected.
    pub rejection: Option<Rejection>,
    pub provenance: Option<Provenance>,
    pub created_at: String,
    /// When it became accepted; none where it is not.
    pub accepted_at: Option<String>,
    /// When a person last said something of it.
    pub reviewed_at: Option<String>,
}

/// Which examples are meant; what is none does not matter.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ExampleFilter {
    pub subject: Option<String>,
    pub batch: Option<BatchId>,
    pub status: Option<ExampleStatus>,
    pub source: Option<ExampleSource>,
    pub genre: Option<String>,
    pub style: Option<String>,
    /// 0 to 1; examples without a quality are below every one.
    pub min_quality: Option<f64>,
    /// 0 to 1.
    pub max_quality: Option<f64>,
    /// Whether a person has said something of it.
    pub reviewed: Option<bool>,
    /// Stands in the input or the output, whatever the case of its letters.
    pub text: Option<String>,
}

/// Some of the examples that were looked for, the newest first.
#[derive(Debug, Clone, PartialEq)]
pub struct ExamplePage {
    pub examples: Vec<Example>,
    /// Of all that the filter lets through.
    pub total: u64,
    /// Where the next page begins; none after the last.
    pub next: Option<u64>,
}

/// Examples whose texts are nearly the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TwinCluster {
    /// Two or more, the oldest first.
    pub examples: Vec<ExampleId>,
}
