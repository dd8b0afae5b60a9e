//! Questions and answers.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::settings::present;

/// Declares a question; the two kinds differ in what is asked and in nothing else.
macro_rules! question {
    ($(#[$meta:meta])* $name:ident { $(#[$asked_meta:meta])* $asked:ident: $kind:ty }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, ToSchema)]
        #[serde(rename_all = "camelCase", deny_unknown_fields)]
        pub struct $name {
            $(#[$asked_meta])*
            pub $asked: $kind,
            /// A completed run whose adapter answers.
            #[serde(default)]
            pub run_id: Option<String>,
            /// Absolute path of an adapter folder or of `latest`, or `null` for the base alone. Default: the adapter
            /// that the settings serve, if they do and neither `runId` nor `baseModel` is given; else none.
            #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
            #[schema(value_type = Option<String>)]
            pub adapter: Option<Option<String>>,
            /// Default: the adapter's base, else `auto`.
            #[serde(default)]
            pub base_model: Option<String>,
            /// 1 to 1024; default 64.
            #[serde(default)]
            pub max_new_tokens: Option<u32>,
            /// The model may not end the answer before; at most `maxNewTokens`.
            #[serde(default)]
            pub min_new_tokens: Option<u32>,
            /// Draws tokens by their probability: small is bold towards the likely, large is wild.
            #[serde(default)]
            pub temperature: Option<f64>,
            /// Draws among so many of the likeliest tokens.
            #[serde(default)]
            pub top_k: Option<u32>,
            /// Draws among the likeliest tokens that together have this probability.
            #[serde(default)]
            pub top_p: Option<f64>,
            /// Decides every draw; default: another one each time.
            #[serde(default)]
            pub seed: Option<u64>,
            /// Follows so many answers at once and takes the likeliest as a whole, 1 to 64; nothing is drawn then.
            #[serde(default)]
            pub beams: Option<u32>,
            /// Only with beams: above 0 prefers longer answers, below 0 shorter ones; default 1.
            #[serde(default)]
            pub length_penalty: Option<f64>,
            /// Above 1 makes tokens that are in the answer already less likely.
            #[serde(default)]
            pub repetition_penalty: Option<f64>,
            /// No run of so many tokens comes twice.
            #[serde(default)]
            pub no_repeat_ngram_size: Option<u32>,
            /// Texts that end the answer and are no part of it.
            #[serde(default)]
            pub stop: Vec<String>,
            /// The numbers it is computed in; default `auto`.
            #[serde(default)]
            pub precision: Option<AnswerPrecision>,
        }

        impl $name {
            /// What is asked, of whom, and how it is to be answered.
            pub(crate) fn into_parts(self) -> ($kind, Answering, Decoding) {
                let who = Answering { run_id: self.run_id, adapter: self.adapter, base_model: self.base_model };
                let how = Decoding {
                    max_new_tokens: self.max_new_tokens,
                    min_new_tokens: self.min_new_tokens,
                    temperature: self.temperature,
                    top_k: self.top_k,
                    top_p: self.top_p,
                    seed: self.seed,
                    beams: self.beams,
                    length_penalty: self.length_penalty,
                    repetition_penalty: self.repetition_penalty,
                    no_repeat_ngram_size: self.no_repeat_ngram_size,
                    stop: self.stop,
                    precision: self.precision,
                };
                (self.$asked, who, how)
            }
        }
    };
}

question! {
    /// One prompt, and how it is to be answered: the likeliest token each time, unless a value says otherwise.
    GenerationRequest { prompt: String }
}

question! {
    /// Several prompts; each gets the answer that it would get alone.
    PromptsRequest {
        /// 1 to 1000.
        prompts: Vec<String>
    }
}

impl GenerationRequest {
    /// The same for several prompts.
    pub(crate) fn with_prompts(self, prompts: Vec<String>) -> PromptsRequest {
        PromptsRequest {
            prompts,
            run_id: self.run_id,
            adapter: self.adapter,
            base_model: self.base_model,
            max_new_tokens: self.max_new_tokens,
            min_new_tokens: self.min_new_tokens,
            temperature: self.temperature,
            top_k: self.top_k,
            top_p: self.top_p,
            seed: self.seed,
            beams: self.beams,
            length_penalty: self.length_penalty,
            repetition_penalty: self.repetition_penalty,
            no_repeat_ngram_size: self.no_repeat_ngram_size,
            stop: self.stop,
            precision: self.precision,
        }
    }
}

/// Who is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Answering {
    pub(crate) run_id: Option<String>,
    pub(crate) adapter: Option<Option<String>>,
    pub(crate) base_model: Option<String>,
}

/// How an answer was made, a drawn seed included: sent with the same question, it gives the same answer.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Decoding {
    #[schema(required)]
    pub max_new_tokens: Option<u32>,
    #[schema(required)]
    pub min_new_tokens: Option<u32>,
    #[schema(required)]
    pub temperature: Option<f64>,
    #[schema(required)]
    pub top_k: Option<u32>,
    #[schema(required)]
    pub top_p: Option<f64>,
    #[schema(required)]
    pub seed: Option<u64>,
    #[schema(required)]
    pub beams: Option<u32>,
    #[schema(required)]
    pub length_penalty: Option<f64>,
    #[schema(required)]
    pub repetition_penalty: Option<f64>,
    #[schema(required)]
    pub no_repeat_ngram_size: Option<u32>,
    pub stop: Vec<String>,
    /// Never `auto`; absent of chat models, endpoints and answers of older versions.
    #[serde(default)]
    #[schema(required)]
    pub precision: Option<AnswerPrecision>,
}

/// The numbers that answers are computed in; adapters add to all of them in f32.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum AnswerPrecision {
    /// int8 where this computer is faster in it, else f32.
    Auto,
    F32,
    Bf16,
    /// Losses are within a percent of those in f32; the same answers on every computer.
    Int8,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Finish {
    EndOfSequence,
    Length,
    StopString,
    /// Whoever asked wanted no more.
    Stopped,
}

/// An answer, and what answered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Generated {
    pub text: String,
    pub base_model: String,
    /// SHA-256 of the base's weights.
    pub base_digest: String,
    #[schema(required)]
    pub adapter_digest: Option<String>,
    /// Whether a record of the adapter's run vouched for every file; folders of PEFT have none. Null without one.
    #[schema(required)]
    pub adapter_verified: Option<bool>,
    pub new_tokens: u64,
    pub finish: Finish,
    pub decoding: Decoding,
    pub milliseconds: f64,
    pub timing: Timing,
}

/// Answers in the order of their prompts, and what answered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct GeneratedAnswers {
    pub answers: Vec<BatchAnswer>,
    pub base_model: String,
    /// As for one answer.
    pub base_digest: String,
    #[schema(required)]
    pub adapter_digest: Option<String>,
    /// As for one answer.
    #[schema(required)]
    pub adapter_verified: Option<bool>,
    pub decoding: Decoding,
    /// For all answers together.
    pub milliseconds: f64,
    /// For all answers together.
    pub timing: Timing,
}

/// What of the time went where, as measured beside the model.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Timing {
    /// Until base and adapter were in memory: next to nothing where they were already.
    pub loading_milliseconds: f64,
    /// To the first token, loading included. Null in a beam search and for answers without a token.
    #[schema(required)]
    pub first_token_milliseconds: Option<f64>,
    /// Tokens of the answer for each second after loading.
    pub tokens_per_second: f64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct BatchAnswer {
    pub text: String,
    pub new_tokens: u64,
    pub finish: Finish,
}

/// Text of an answer that will not be taken back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PieceEvent {
    pub text: String,
}
