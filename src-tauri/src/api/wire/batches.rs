//! Batches of generated examples on the wire, and what there is to generate about and with.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What there is to generate about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Content {
    pub genres: Vec<Genre>,
    /// Sentences that may follow a prompt.
    pub styles: Vec<String>,
    /// What of a person's own files could not be used, in sentences with file and line.
    pub problems: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Genre {
    /// As requests and examples say it.
    pub name: String,
    /// As it is shown.
    pub title: String,
    pub prompts: u64,
    /// Texts of this category that can be shown to a generator.
    pub references: u64,
    /// Whether a person's own file has added to it or made it.
    pub own: bool,
}

/// Something that writes texts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum GeneratorChoice {
    /// A T5 on this computer.
    LocalT5 {
        /// Default: the adapter's base, else `auto`.
        #[serde(rename = "baseModel")]
        base_model: Option<String>,
        /// Absolute path of an adapter's folder; none: the base alone.
        adapter: Option<String>,
    },
    /// A model at an endpoint that was set up.
    Endpoint {
        /// Its id.
        endpoint: String,
    },
    /// A chat model on this computer.
    LocalChat {
        /// Absolute path of its GGUF file.
        file: String,
    },
}

/// A batch to generate; everything but `numExamples` has a default.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct BatchRequest {
    /// `batch_` and a ULID, made by the client: repeating the request does not start a second batch.
    pub id: Option<String>,
    /// The person whose examples they will be; default `me`.
    pub subject: Option<String>,
    /// Attempts, 1 to 500; with `untilKept` examples that are kept.
    #[schema(minimum = 1, maximum = 500)]
    pub num_examples: u32,
    /// None named: all.
    #[serde(default)]
    pub genres: Vec<String>,
    /// Default: all; an empty list is no style at all.
    pub styles: Option<Vec<String>>,
    /// Default: the base `auto` on this computer, without an adapter.
    #[serde(default)]
    pub generators: Vec<GeneratorChoice>,
    /// Texts that each generator writes for an attempt; the best is taken.
    #[schema(minimum = 1, maximum = 8)]
    pub candidates: Option<u32>,
    /// Goes on until so many are kept, with three times as many attempts at most.
    #[serde(default)]
    pub until_kept: bool,
    /// Texts of the genre's category that are shown to generators which can use them, 0 to 5.
    #[serde(default)]
    #[schema(maximum = 5)]
    pub references: u32,
    /// The id of an endpoint whose model judges each text; none: only the parts that are measured here count.
    pub judge: Option<String>,
    /// Puts what is kept into the memory too.
    #[serde(default)]
    pub store_in_memory: bool,
    /// Decides every choice and draw.
    pub seed: Option<u64>,
    pub max_new_tokens: Option<u32>,
    /// From which likeness on two texts are twins, above 0 and at most 1.
    pub twin_threshold: Option<f64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum BatchStatus {
    Running,
    Completed,
    Cancelled,
    /// Its owner ended; it can be continued.
    Interrupted,
    /// A generator or the disk did not allow it to go on; it can be continued.
    Failed,
}

/// A batch and what came of its attempts so far.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Batch {
    pub id: String,
    pub status: BatchStatus,
    pub subject: String,
    pub num_examples: u32,
    /// Attempts that may be made in the end; with `untilKept` it may end before.
    pub most_attempts: u32,
    pub genres: Vec<String>,
    pub styles: Vec<String>,
    pub generators: Vec<GeneratorChoice>,
    pub candidates: u32,
    pub until_kept: bool,
    /// The endpoint whose model judges each text.
    pub judge: Option<String>,
    pub store_in_memory: bool,
    pub seed: u64,
    pub twin_threshold: f64,
    pub tallies: BatchTallies,
    pub progress: BatchProgress,
    /// Plain sentences for the person.
    pub notices: Vec<String>,
    #[schema(required)]
    pub error_message: Option<String>,
    /// Whether attempts are missing that could still be made.
    pub continuable: bool,
    pub created_at: String,
    #[schema(required)]
    pub finished_at: Option<String>,
}

/// What came of the attempts so far.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct BatchTallies {
    /// Attempts that ended, whatever came of them.
    pub attempts: u32,
    /// Good enough and no twin: accepted.
    pub kept: u32,
    pub below_line: u32,
    pub twins: u32,
    /// Attempts for which no generator gave a text.
    pub without_text: u32,
    /// Of all attempts with a text, 0 to 1.
    #[schema(required)]
    pub mean_quality: Option<f64>,
    /// Of what is kept, 0 to 1.
    #[schema(required)]
    pub mean_kept_quality: Option<f64>,
    /// Share of the attempts that is kept, 0 to 1.
    #[schema(required)]
    pub kept_share: Option<f64>,
    /// Texts by quality from 0 to 1, in intervals of equal width.
    pub histogram: Vec<u32>,
    pub genres: Vec<GenreTally>,
    pub candidates: u64,
    pub tokens: u64,
    /// In millionths of a dollar; 0 for what runs here.
    pub cost_micro_dollars: u64,
    /// Candidates whose price is not known; what they cost comes on top.
    pub unpriced: u64,
    /// Requests to generators that gave no text, by the word under which they are counted.
    pub failures: BTreeMap<String, u32>,
    pub active_seconds: f64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct GenreTally {
    pub genre: String,
    pub attempts: u32,
    pub kept: u32,
}

/// What is known of a batch only while it runs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct BatchProgress {
    #[schema(required)]
    pub attempts_per_second: Option<f64>,
    #[schema(required)]
    pub tokens_per_second: Option<f64>,
    #[schema(required)]
    pub seconds_left: Option<f64>,
}

/// The first examples that a batch would make.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct BatchPreview {
    /// A batch with this seed, asked for the same, begins with the very same examples.
    pub seed: u64,
    /// Nothing of them is kept: their ids lead nowhere.
    pub examples: Vec<super::Example>,
}

/// What a batch would take, from what was measured on this computer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct BatchEstimate {
    /// For all attempts; null before anything was measured with these generators.
    #[schema(required)]
    pub seconds: Option<f64>,
    /// Share of the attempts that was kept with these generators, 0 to 1.
    #[schema(required)]
    pub kept_share: Option<f64>,
    /// Attempts that both were measured on.
    pub measured_attempts: u64,
    /// In millionths of a dollar: 0 for what runs here, null where a price is not known.
    #[schema(required)]
    pub cost_micro_dollars: Option<u64>,
}

/// What discarding a batch has taken away.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DiscardedBatch {
    pub id: String,
    pub examples: u64,
}

/// How near a subject is to a tuning.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Readiness {
    pub subject: String,
    /// Accepted examples.
    pub accepted: u64,
    /// Accepted examples that no tuning has seen yet.
    pub new_examples: u64,
    /// New examples that are missing until the next tuning is ready.
    pub until_ready: u64,
    pub level: ReadinessLevel,
    /// The newest tuning on these examples.
    #[schema(required)]
    pub last_tuning: Option<LastTuning>,
    /// A sentence for the person.
    pub words: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct LastTuning {
    pub run: String,
    /// When its examples were taken; what is accepted later counts towards the next.
    pub frozen_at: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReadinessLevel {
    /// Below 10.
    TooFew,
    /// From 10: a tuning can be started, and learns little.
    Possible,
    /// From 50.
    Ready,
    /// From 100.
    Excellent,
}

/// A tuning on everything that a subject has accepted.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TuningRequest {
    /// `run_` and a ULID, made by the client: repeating the request does not start a second run.
    pub id: Option<String>,
    /// Default `me`.
    pub subject: Option<String>,
    pub method: Option<super::Method>,
    pub base_model: Option<String>,
    pub epochs: Option<u32>,
}

impl BatchRequest {
    /// So many attempts, and the defaults for everything else.
    pub fn of(num_examples: u32) -> Self {
        Self {
            id: None,
            subject: None,
            num_examples,
            genres: Vec::new(),
            styles: None,
            generators: Vec::new(),
            candidates: None,
            until_kept: false,
            references: 0,
            judge: None,
            store_in_memory: false,
            seed: None,
            max_new_tokens: None,
            twin_threshold: None,
        }
    }
}
