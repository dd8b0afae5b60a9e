//! Questions and answers: what is asked, who answers, and what is said about it.

use std::ops::ControlFlow;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use attune_tuning::{Ask, Questions};

use super::{Decoding, ModelHost};
use crate::{AdapterDigest, Error, Result};

/// Prompts of one batch; they wait in memory until all are answered.
const MOST_PROMPTS: usize = 1000;

/// Prompts for a base model, with an adapter or without.
#[derive(Debug, Clone, PartialEq)]
pub struct GenerationRequest {
    pub prompts: Prompts,
    pub adapter: AdapterChoice,
    /// Default: the adapter's base, else `auto`.
    pub base_model: Option<String>,
    pub decoding: Decoding,
}

/// One prompt, or several that are answered together: each gets the answer that it would get alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Prompts {
    One(String),
    Several(Vec<String>),
}

/// Which adapter answers.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum AdapterChoice {
    /// The one that the settings serve, if they do and no base is named; else none.
    #[default]
    Settings,
    /// None: the base answers.
    Bare,
    /// The one in a run folder, in `latest` of an output folder, or in a folder of PEFT's.
    At(PathBuf),
}

/// Why an answer ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Finish {
    EndOfSequence,
    Length,
    StopString,
    /// Whoever asked wanted no more.
    Stopped,
}

/// The answer to one prompt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answered {
    pub text: String,
    pub new_tokens: u64,
    pub finish: Finish,
}

/// The adapter that answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnsweringAdapter {
    pub digest: AdapterDigest,
    /// Whether a record of its run vouched for every file; folders of PEFT have none.
    pub verified: bool,
}

/// Answers, and what answered.
#[derive(Debug, Clone, PartialEq)]
pub struct Generated {
    /// In the order of the prompts.
    pub answers: Vec<Answered>,
    pub base_model: String,
    /// SHA-256 of the base's weights.
    pub base_digest: String,
    pub adapter: Option<AnsweringAdapter>,
    /// With which the same answers come again.
    pub decoding: Decoding,
    /// From the request until base and adapter were in memory: next to nothing where they were already.
    pub loading: Duration,
    /// From the request to the first token. None in a beam search, which chooses at its end, and for answers
    /// without a token.
    pub first_token: Option<Duration>,
    /// From the request to the last token of all answers.
    pub duration: Duration,
}

impl Generated {
    /// Tokens of all answers together for each second after loading.
    pub fn tokens_per_second(&self) -> f64 {
        let tokens: u64 = self.answers.iter().map(|answer| answer.new_tokens).sum();
        let seconds = self.duration.saturating_sub(self.loading).as_secs_f64();
        if seconds > 0.0 { tokens as f64 / seconds } else { 0.0 }
    }
}

/// Told of every step with the text that is certain now, often none; with several prompts always none. `Break` ends all
/// answers.
pub type AnswerObserver<'o> = dyn FnMut(&str) -> ControlFlow<()> + 'o;

impl Prompts {
    fn texts(&self) -> Vec<&str> {
        match self {
            Self::One(prompt) => vec![prompt],
            Self::Several(prompts) => prompts.iter().map(String::as_str).collect(),
        }
    }

    fn field(&self) -> &'static str {
        match self {
            Self::One(_) => "prompt",
            Self::Several(_) => "prompts",
        }
    }

    /// Only one answer is read while it grows.
    fn shown(&self, questions: Questions) -> Questions {
        match self {
            Self::One(_) => questions,
            Self::Several(_) => questions.without_pieces(),
        }
    }

    fn check(&self) -> Result<Vec<&str>> {
        let (field, texts) = (self.field(), self.texts());
        let refused =
            |value: &str, reason| Err(Error::InvalidField { field, value: value.to_owned(), reason });
        if texts.is_empty() || texts.iter().any(|text| text.trim().is_empty()) {
            return refused("empty", "there must be something to answer");
        }
        if texts.len() > MOST_PROMPTS {
            return refused(&format!("a list of {}", texts.len()), "a batch has at most 1000 prompts");
        }
        Ok(texts)
    }
}

impl ModelHost {
    /// Answers with the adapter at a path, or with the base alone.
    ///
    /// # Errors
    /// What is wrong with the adapter or the base, or [`Error::InvalidField`] for a prompt or a value.
    pub(crate) fn generate(
        &self,
        prompts: &Prompts,
        adapter: Option<&std::path::Path>,
        base_model: Option<&str>,
        decoding: &Decoding,
        observer: &mut AnswerObserver<'_>,
    ) -> Result<Generated> {
        let texts = prompts.check()?;
        let decoding = decoding.settled()?;
        let began = Instant::now();
        let model = self.model(adapter, base_model)?;
        let loading = began.elapsed();
        let adapter = model.adapter.as_ref().map(|(adapter, _)| adapter);
        let asks: Vec<Ask<'_>> =
            texts.into_iter().map(|prompt| Ask { prompt, adapter, seed: None }).collect();
        let given = model
            .answerer
            .questions(&asks, &decoding.config())
            .and_then(|questions| model.answerer.answer(prompts.shown(questions), observer))
            .map_err(|error| match error.field() {
                Some("prompt") => Error::InField { field: prompts.field(), source: Box::new(error) },
                _ => error,
            })?;
        Ok(Generated {
            answers: given.answers.into_iter().map(Answered::from).collect(),
            base_model: model.base_name.clone(),
            base_digest: model.base_digest.clone(),
            adapter: model.adapter.as_ref().map(|(_, answering)| answering.clone()),
            decoding,
            loading,
            first_token: given.first_token.map(|then| then - began),
            duration: began.elapsed(),
        })
    }
}

impl From<attune_tuning::Answer> for Answered {
    fn from(answer: attune_tuning::Answer) -> Self {
        Self {
            text: answer.text,
            new_tokens: answer.tokens.len() as u64,
            finish: match answer.finish {
                attune_tuning::Finish::EndOfSequence => Finish::EndOfSequence,
                attune_tuning::Finish::Length => Finish::Length,
                attune_tuning::Finish::StopString => Finish::StopString,
                attune_tuning::Finish::Stopped => Finish::Stopped,
            },
        }
    }
}
