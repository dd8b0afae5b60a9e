//! Examples on the wire: what models learn from, and the review of it.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::Decoding;

/// What a model learns from: an input and the output that it should give.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Example {
    pub id: String,
    #[schema(required)]
    pub batch: Option<String>,
    /// Its number in the batch, from 0.
    #[schema(required)]
    pub attempt: Option<u32>,
    pub input: String,
    /// Empty where no generator gave a text.
    pub output: String,
    /// What it was before a person edited it.
    #[schema(required)]
    pub original_output: Option<String>,
    /// 0 to 1; shown as 0 to 10. Null where nothing was judged.
    #[schema(required)]
    pub quality: Option<f64>,
    pub parts: Vec<QualityPart>,
    pub source: ExampleSource,
    #[schema(required)]
    pub genre: Option<String>,
    #[schema(required)]
    pub style: Option<String>,
    pub subject: String,
    pub status: ExampleStatus,
    /// There if and only if it is rejected.
    #[schema(required)]
    pub rejection: Option<Rejection>,
    #[schema(required)]
    pub provenance: Option<Provenance>,
    pub created_at: String,
    /// When a person last said something of it.
    #[schema(required)]
    pub reviewed_at: Option<String>,
}

/// One thing that quality consists of.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct QualityPart {
    pub name: String,
    /// 0 to 1, more is better.
    pub value: f64,
    /// What was found, for a person.
    pub words: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum ExampleStatus {
    Candidate,
    Accepted,
    Rejected,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ExampleSource {
    Generated,
    Battle,
    Conversation,
    Feedback,
    AskAi,
    Imported,
}

/// Why an example is not trained on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Rejection {
    pub kind: RejectionKind,
    /// A sentence for the person.
    pub words: String,
    /// The accepted example that it is a twin of.
    #[schema(required)]
    pub twin_of: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RejectionKind {
    BelowLine,
    ExactTwin,
    NearTwin,
    WithoutText,
    Person,
}

/// How a text came about, so that it can be made again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Provenance {
    pub generator: GeneratorName,
    /// The very prompt that was sent.
    pub prompt: String,
    pub seed: u64,
    #[schema(required)]
    pub decoding: Option<Decoding>,
    pub tokens: u32,
    /// In millionths of a dollar; null where a price is not known.
    #[schema(required)]
    pub cost_micro_dollars: Option<u64>,
    /// Among how many candidates it was the best.
    pub candidates: u32,
}

/// Who wrote a text, by what cannot change behind a name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct GeneratorName {
    pub kind: GeneratorKind,
    pub name: String,
    #[schema(required)]
    pub base_digest: Option<String>,
    #[schema(required)]
    pub adapter_digest: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum GeneratorKind {
    LocalT5,
    LocalChat,
    Endpoint,
}

/// Some of the examples that were looked for, the newest first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ExamplePage {
    pub examples: Vec<Example>,
    /// Of all pages together.
    pub total: u64,
    /// The `before` of the next page; null after the last.
    #[schema(required)]
    pub next: Option<u64>,
}

/// Which examples are meant; what is left out does not matter.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ExampleQuestion {
    pub subject: Option<String>,
    pub batch: Option<String>,
    pub status: Option<ExampleStatus>,
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
    /// At most so many, 1000 or fewer.
    #[serde(default = "default_limit")]
    #[param(default = 100, maximum = 1000)]
    pub limit: u32,
    /// The `next` of the page before; default: the newest.
    pub before: Option<u64>,
}

fn default_limit() -> u32 {
    100
}

/// What a person says of an example.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "decision", rename_all = "lowercase", deny_unknown_fields)]
pub enum Review {
    Accept {},
    Reject {},
    /// Another output, which is accepted; what it was is kept.
    Edit {
        output: String,
    },
}

/// Accepts what a filter lets through.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AcceptRequest {
    pub subject: Option<String>,
    pub batch: Option<String>,
    pub genre: Option<String>,
    /// 0 to 1: everything of at least this quality, but no twins and nothing that a person rejected.
    pub min_quality: f64,
    /// Tells how many that would be, and changes nothing.
    #[serde(default)]
    pub dry_run: bool,
}

/// How many examples were changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Changed {
    pub examples: u64,
}

/// Accepted examples whose texts are nearly the same, the oldest first in each cluster.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TwinCluster {
    pub examples: Vec<String>,
}

/// A text in the memory.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Remembered {
    pub example: String,
    pub subject: String,
    pub input: String,
    pub output: String,
    /// Of the base that made the vector by which it is found.
    pub base_digest: String,
    pub created_at: String,
}

/// Whose examples are meant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct SubjectQuestion {
    /// Default `me`.
    pub subject: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct TwinsQuestion {
    /// Default: all examples.
    pub batch: Option<String>,
    /// From which likeness on two texts are twins, above 0 and at most 1.
    #[serde(default = "default_threshold")]
    #[param(default = 0.5)]
    pub threshold: f64,
}

fn default_threshold() -> f64 {
    0.5
}
