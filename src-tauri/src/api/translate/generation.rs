//! Questions and answers, bases and exports.

use std::time::Duration;

use attune_engine as engine;

use super::text;
use crate::api::wire;

impl From<wire::Decoding> for engine::Decoding {
    fn from(how: wire::Decoding) -> Self {
        Self {
            max_new_tokens: how.max_new_tokens,
            min_new_tokens: how.min_new_tokens,
            temperature: how.temperature,
            top_k: how.top_k,
            top_p: how.top_p,
            seed: how.seed,
            beams: how.beams,
            length_penalty: how.length_penalty,
            repetition_penalty: how.repetition_penalty,
            no_repeat_ngram_size: how.no_repeat_ngram_size,
            stop: how.stop,
            precision: how.precision.map(Into::into),
        }
    }
}

impl From<engine::Decoding> for wire::Decoding {
    fn from(how: engine::Decoding) -> Self {
        Self {
            max_new_tokens: how.max_new_tokens,
            min_new_tokens: how.min_new_tokens,
            temperature: how.temperature,
            top_k: how.top_k,
            top_p: how.top_p,
            seed: how.seed,
            beams: how.beams,
            length_penalty: how.length_penalty,
            repetition_penalty: how.repetition_penalty,
            no_repeat_ngram_size: how.no_repeat_ngram_size,
            stop: how.stop,
            precision: how.precision.map(Into::into),
        }
    }
}

impl From<wire::AnswerPrecision> for engine::AnswerPrecision {
    fn from(precision: wire::AnswerPrecision) -> Self {
        match precision {
            wire::AnswerPrecision::Auto => Self::Auto,
            wire::AnswerPrecision::F32 => Self::F32,
            wire::AnswerPrecision::Bf16 => Self::Bf16,
            wire::AnswerPrecision::Int8 => Self::Int8,
        }
    }
}

impl From<engine::AnswerPrecision> for wire::AnswerPrecision {
    fn from(precision: engine::AnswerPrecision) -> Self {
        match precision {
            engine::AnswerPrecision::Auto => Self::Auto,
            engine::AnswerPrecision::F32 => Self::F32,
            engine::AnswerPrecision::Bf16 => Self::Bf16,
            engine::AnswerPrecision::Int8 => Self::Int8,
        }
    }
}

impl From<engine::Generated> for wire::GeneratedAnswers {
    fn from(generated: engine::Generated) -> Self {
        let timing = wire::Timing {
            loading_milliseconds: milliseconds(generated.loading),
            first_token_milliseconds: generated.first_token.map(milliseconds),
            tokens_per_second: generated.tokens_per_second(),
        };
        let (adapter_digest, adapter_verified) = match generated.adapter {
            Some(adapter) => (Some(adapter.digest.to_string()), Some(adapter.verified)),
            None => (None, None),
        };
        Self {
            answers: generated.answers.into_iter().map(wire::BatchAnswer::from).collect(),
            base_model: generated.base_model,
            base_digest: generated.base_digest,
            adapter_digest,
            adapter_verified,
            decoding: generated.decoding.into(),
            milliseconds: milliseconds(generated.duration),
            timing,
        }
    }
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}

impl wire::GeneratedAnswers {
    /// The answer to the only prompt; `None` if there was none.
    pub(crate) fn into_one(mut self) -> Option<wire::Generated> {
        let answer = self.answers.pop()?;
        Some(wire::Generated {
            text: answer.text,
            base_model: self.base_model,
            base_digest: self.base_digest,
            adapter_digest: self.adapter_digest,
            adapter_verified: self.adapter_verified,
            new_tokens: answer.new_tokens,
            finish: answer.finish,
            decoding: self.decoding,
            milliseconds: self.milliseconds,
            timing: self.timing,
        })
    }
}

impl From<engine::Answered> for wire::BatchAnswer {
    fn from(answer: engine::Answered) -> Self {
        Self {
            text: answer.text,
            new_tokens: answer.new_tokens,
            finish: match answer.finish {
                engine::Finish::EndOfSequence => wire::Finish::EndOfSequence,
                engine::Finish::Length => wire::Finish::Length,
                engine::Finish::StopString => wire::Finish::StopString,
                engine::Finish::Stopped => wire::Finish::Stopped,
            },
        }
    }
}

impl From<engine::Imported> for wire::Imported {
    fn from(imported: engine::Imported) -> Self {
        Self {
            path: text(&imported.base.folder),
            name: imported.base.name,
            size_bytes: imported.size_bytes,
            verified: imported.verified,
        }
    }
}

impl From<engine::Exported> for wire::Exported {
    fn from(exported: engine::Exported) -> Self {
        Self {
            path: text(&exported.folder),
            files: exported.files,
            size_bytes: exported.size_bytes,
            adapter_digest: exported.adapter_digest.to_string(),
            base_model: exported.base_model,
        }
    }
}
