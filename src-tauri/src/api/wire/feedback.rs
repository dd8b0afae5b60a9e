//! What a person thinks of answers: verdicts and votes.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::Decoding;

/// What a person made of one answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    Approved,
    Rejected,
    /// Put right by hand; the better answer is kept beside it.
    Edited,
    /// Another answer was asked for in its place.
    Regenerated,
}

/// Which of two answers is better, by the side on which it stood.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Choice {
    Left,
    Right,
    Tie,
    BothBad,
}

/// Who answered, as the answer itself said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Answerer {
    /// How the person knew it: a run's identifier, a base's name, a folder.
    pub model: String,
    pub base_model: String,
    /// SHA-256 of the base's weights: `sha256:` and 64 hexadecimal digits.
    pub base_digest: String,
    /// The same of the adapter; null where the base answered alone.
    #[schema(required)]
    pub adapter_digest: Option<String>,
}

/// A verdict to keep.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FeedbackRequest {
    /// `feedback_` and a ULID, made by the client: repeating the request does not keep it twice.
    pub id: String,
    pub verdict: Verdict,
    pub prompt: String,
    /// As it was given; may be empty.
    pub answer: String,
    /// What the answer should have been; with the verdict `edited`, and only with that.
    #[serde(default)]
    pub edited_answer: Option<String>,
    pub answerer: Answerer,
    /// What the answer said of how it was made.
    pub decoding: Decoding,
}

/// A verdict that is kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Feedback {
    pub id: String,
    pub created_at: String,
    pub verdict: Verdict,
    pub prompt: String,
    pub answer: String,
    #[schema(required)]
    pub edited_answer: Option<String>,
    pub answerer: Answerer,
    pub decoding: Decoding,
}

/// A part of the verdicts, the newest first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct FeedbackPage {
    pub feedback: Vec<Feedback>,
    /// Of all parts together.
    pub total: u64,
    /// The `before` of the next part; null after the last.
    #[schema(required)]
    pub next: Option<u64>,
}

/// One of the two answers of a vote.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Judged {
    pub answerer: Answerer,
    /// May be empty.
    pub answer: String,
}

/// A vote to keep: a choice that was made without knowing who answered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct VoteRequest {
    /// `vote_` and a ULID, made by the client: repeating the request does not keep it twice.
    pub id: String,
    pub choice: Choice,
    pub prompt: String,
    pub left: Judged,
    pub right: Judged,
    /// How both answers were made.
    pub decoding: Decoding,
}

/// A vote that is kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Vote {
    pub id: String,
    pub created_at: String,
    pub choice: Choice,
    pub prompt: String,
    pub left: Judged,
    pub right: Judged,
    pub decoding: Decoding,
}

/// A part of the votes, the newest first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct VotePage {
    pub votes: Vec<Vote>,
    /// Of all parts together.
    pub total: u64,
    /// The `before` of the next part; null after the last.
    #[schema(required)]
    pub next: Option<u64>,
}

/// How the votes between two models went, whichever side each stood on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Tally {
    pub first: Answerer,
    pub second: Answerer,
    pub first_wins: u64,
    pub second_wins: u64,
    pub ties: u64,
    pub both_bad: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Part {
    /// At most so many, 1000 or fewer.
    #[serde(default = "default_limit")]
    #[param(default = 50, maximum = 1000)]
    pub limit: u32,
    /// The `next` of the part before; default: the newest.
    pub before: Option<u64>,
}

fn default_limit() -> u32 {
    50
}
