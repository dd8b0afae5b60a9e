//! How an answer is made, as a request says it: each value checked, what is absent filled in.
//!
//! Not here: what the values do (`attune_tuning::GenerationConfig`).
//! Invariant: a settled decoding holds every value that counted, a drawn seed included. It is itself a request
//! that settles to the same, so an answer can be asked for again with what it says of itself.

use attune_tuning::{Beams, GenerationConfig, Sampling, Search};
use serde::{Deserialize, Serialize};

use crate::limits::{check_new_tokens, check_range};
use crate::{Error, Result};

const DEFAULT_NEW_TOKENS: u32 = 64;
/// Each is a sequence of its own in memory.
const MOST_BEAMS: u32 = 64;
const MOST_STOPS: usize = 16;

/// The numbers that answers are computed in; adapters add to all of them in f32.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AnswerPrecision {
    /// int8 where this computer is faster in it, else f32.
    #[default]
    Auto,
    F32,
    Bf16,
    /// Losses are within a percent of those in f32; the same answers on every computer.
    Int8,
}

impl AnswerPrecision {
    /// What that is on this computer: never `Auto`.
    pub(crate) fn settled(self) -> Self {
        match attune_tuning::AnswerPrecision::from(self).settled() {
            attune_tuning::AnswerPrecision::Auto => Self::Auto,
            attune_tuning::AnswerPrecision::F32 => Self::F32,
            attune_tuning::AnswerPrecision::Bf16 => Self::Bf16,
            attune_tuning::AnswerPrecision::Int8 => Self::Int8,
        }
    }
}

impl From<AnswerPrecision> for attune_tuning::AnswerPrecision {
    fn from(precision: AnswerPrecision) -> Self {
        match precision {
            AnswerPrecision::Auto => Self::Auto,
            AnswerPrecision::F32 => Self::F32,
            AnswerPrecision::Bf16 => Self::Bf16,
            AnswerPrecision::Int8 => Self::Int8,
        }
    }
}

/// Names and meaning are those of transformers' `generate`. Without any value the likeliest token is taken
/// each time; with a temperature, `top_k` or `top_p` tokens are drawn; with two beams or more, searched.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Decoding {
    /// 1 to 1024; default 64.
    pub max_new_tokens: Option<u32>,
    /// The model may not end the answer before; at most `max_new_tokens`.
    pub min_new_tokens: Option<u32>,
    /// Above 0, at most 100: small is bold towards the likely, large is wild.
    pub temperature: Option<f64>,
    /// Only so many of the likeliest tokens.
    pub top_k: Option<u32>,
    /// Only the likeliest tokens that together have this probability; above 0, at most 1.
    pub top_p: Option<f64>,
    /// Decides every draw; default: another one each time.
    pub seed: Option<u64>,
    /// How many answers are followed at once: 1 to 64.
    pub beams: Option<u32>,
    /// Only with beams: above 0 prefers longer answers, below 0 shorter ones; -100 to 100.
    pub length_penalty: Option<f64>,
    /// Above 1 makes tokens that are in the answer already less likely; above 0, at most 100.
    pub repetition_penalty: Option<f64>,
    /// No run of so many tokens comes twice.
    pub no_repeat_ngram_size: Option<u32>,
    /// Texts that end the answer and are no part of it.
    pub stop: Vec<String>,
    /// Absent of chat models and endpoints, and of answers that were kept by older versions.
    pub precision: Option<AnswerPrecision>,
}

impl Decoding {
    /// The same with every default that counts filled in.
    ///
    /// # Errors
    /// [`Error::InvalidField`] for the first value that is out of its bounds or contradicts another.
    pub(crate) fn settled(&self) -> Result<Self> {
        let max_new_tokens = self.max_new_tokens.unwrap_or(DEFAULT_NEW_TOKENS);
        check_new_tokens(max_new_tokens)?;
        let min_new_tokens = self.min_new_tokens.unwrap_or(0);
        let reason = "it is at most maxNewTokens";
        check_range("minNewTokens", min_new_tokens, 0, max_new_tokens, reason)?;
        let repetition_penalty = self.repetition_penalty.unwrap_or(1.0);
        check_factor("repetitionPenalty", repetition_penalty)?;
        if let Some(size) = self.no_repeat_ngram_size {
            check_range("noRepeatNgramSize", size, 1, 1024, "a run has 1 to 1024 tokens")?;
        }
        self.check_stop()?;
        let common = Self {
            max_new_tokens: Some(max_new_tokens),
            min_new_tokens: Some(min_new_tokens),
            repetition_penalty: Some(repetition_penalty),
            no_repeat_ngram_size: self.no_repeat_ngram_size,
            stop: self.stop.clone(),
            precision: Some(self.precision.unwrap_or_default().settled()),
            ..Self::default()
        };
        let beams = self.beams.unwrap_or(1);
        check_range("beams", beams, 1, MOST_BEAMS, "1 to 64 answers are followed")?;
        if beams > 1 {
            self.refuse_draws("a beam search draws nothing; leave it or beams out")?;
            let length_penalty = self.length_penalty.unwrap_or(1.0);
            if !(-100.0..=100.0).contains(&length_penalty) {
                let reason = "it is -100 to 100";
                return Err(refused("lengthPenalty", length_penalty, reason));
            }
            return Ok(Self { beams: Some(beams), length_penalty: Some(length_penalty), ..common });
        }
        if let Some(penalty) = self.length_penalty {
            return Err(refused("lengthPenalty", penalty, "it is for a search with 2 beams or more"));
        }
        if self.temperature.is_none() && self.top_k.is_none() && self.top_p.is_none() {
            self.refuse_draws("nothing is drawn without temperature, topK or topP")?;
            return Ok(common);
        }
        let (temperature, top_p) = (self.temperature.unwrap_or(1.0), self.top_p.unwrap_or(1.0));
        check_factor("temperature", temperature)?;
        if let Some(count) = self.top_k {
            check_range("topK", count, 1, 1_000_000, "at least one token must be left")?;
        }
        if !(top_p > 0.0 && top_p <= 1.0) {
            return Err(refused("topP", top_p, "it is a probability above 0 and at most 1"));
        }
        Ok(Self {
            temperature: Some(temperature),
            top_k: self.top_k,
            top_p: Some(top_p),
            seed: Some(self.seed.unwrap_or_else(drawn_seed)),
            ..common
        })
    }

    /// What a settled decoding means to the mathematics.
    pub(super) fn config(&self) -> GenerationConfig {
        let defaults = GenerationConfig::default();
        let search = match (self.beams, self.temperature) {
            (Some(beams), _) => Search::Beams(Beams {
                num_beams: beams as usize,
                length_penalty: self.length_penalty.unwrap_or(1.0) as f32,
                ..Beams::default()
            }),
            (None, Some(temperature)) => Search::Sampling(Sampling {
                temperature: temperature as f32,
                top_k: self.top_k.map(|count| count as usize),
                top_p: self.top_p.unwrap_or(1.0) as f32,
                seed: self.seed.unwrap_or_default(),
                ..Sampling::default()
            }),
            (None, None) => Search::Greedy,
        };
        GenerationConfig {
            max_new_tokens: self.max_new_tokens.map_or(defaults.max_new_tokens, |tokens| tokens as usize),
            min_new_tokens: self.min_new_tokens.unwrap_or_default() as usize,
            repetition_penalty: self.repetition_penalty.unwrap_or(1.0) as f32,
            no_repeat_ngram_size: self.no_repeat_ngram_size.map(|size| size as usize),
            stop: self.stop.clone(),
            search,
            precision: self.precision.unwrap_or_default().into(),
        }
    }

    fn refuse_draws(&self, reason: &'static str) -> Result<()> {
        let given = [
            ("temperature", self.temperature.map(|value| value.to_string())),
            ("topK", self.top_k.map(|value| value.to_string())),
            ("topP", self.top_p.map(|value| value.to_string())),
            ("seed", self.seed.map(|value| value.to_string())),
        ];
        match given.into_iter().find_map(|(field, value)| Some((field, value?))) {
            Some((field, value)) => Err(Error::InvalidField { field, value, reason }),
            None => Ok(()),
        }
    }

    fn check_stop(&self) -> Result<()> {
        let (value, reason) = if self.stop.len() > MOST_STOPS {
            (format!("a list of {}", self.stop.len()), "at most 16 texts can end an answer")
        } else if self.stop.iter().any(String::is_empty) {
            ("an empty text".to_owned(), "a text that ends an answer has at least one character")
        } else {
            return Ok(());
        };
        Err(Error::InvalidField { field: "stop", value, reason })
    }
}

fn check_factor(field: &'static str, value: f64) -> Result<()> {
    // What is smaller than an f32 can tell from 0 would be no number there.
    if (1e-6..=100.0).contains(&value) {
        return Ok(());
    }
    Err(refused(field, value, "it is above 0 and at most 100"))
}

fn refused(field: &'static str, value: f64, reason: &'static str) -> Error {
    Error::InvalidField { field, value: value.to_string(), reason }
}

/// Short enough to be typed again, and exact in every program that reads JSON.
fn drawn_seed() -> u64 {
    // The random part of a ULID comes from the system's generator.
    u64::from(ulid::Ulid::generate().random() as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sampling() -> Decoding {
        Decoding { temperature: Some(0.7), ..Decoding::default() }
    }

    #[test]
    fn what_is_settled_settles_to_itself() {
        let beams = Decoding { beams: Some(4), stop: vec!["x".to_owned()], ..Decoding::default() };
        for wanted in [Decoding::default(), sampling(), beams] {
            let settled = wanted.settled().unwrap();
            assert_eq!(settled.settled().unwrap(), settled);
        }
        let (one, other) = (sampling().settled().unwrap(), sampling().settled().unwrap());
        assert_ne!(one.seed, other.seed, "no seed is another seed each time");
    }

    #[test]
    fn a_contradiction_is_refused_by_the_field_that_brings_it() {
        let default = Decoding::default;
        let field = |wanted: Decoding| wanted.settled().err().and_then(|error| error.field());
        for (wanted, expected) in [
            (Decoding { beams: Some(2), ..sampling() }, "temperature"),
            (Decoding { beams: Some(2), top_p: Some(0.9), ..default() }, "topP"),
            (Decoding { beams: Some(2), seed: Some(1), ..default() }, "seed"),
            (Decoding { seed: Some(1), ..default() }, "seed"),
            (Decoding { length_penalty: Some(1.0), ..default() }, "lengthPenalty"),
            (Decoding { min_new_tokens: Some(65), ..default() }, "minNewTokens"),
            (Decoding { temperature: Some(0.0), ..default() }, "temperature"),
            (Decoding { temperature: Some(1e-60), ..default() }, "temperature"),
            (Decoding { repetition_penalty: Some(f64::NAN), ..default() }, "repetitionPenalty"),
            (Decoding { top_k: Some(0), ..default() }, "topK"),
            (Decoding { top_p: Some(1.5), ..default() }, "topP"),
            (Decoding { no_repeat_ngram_size: Some(0), ..default() }, "noRepeatNgramSize"),
            (Decoding { beams: Some(0), ..default() }, "beams"),
            (Decoding { stop: vec![String::new()], ..default() }, "stop"),
        ] {
            assert_eq!(field(wanted), Some(expected));
        }
        assert_eq!(field(Decoding { beams: Some(1), seed: Some(7), ..sampling() }), None);
    }
}
