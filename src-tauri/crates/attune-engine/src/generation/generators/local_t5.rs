//! A T5 on this computer writes, with or without an adapter: many rows at once, each drawn with its own seed.
//!
//! Invariant: a row's text depends on its prompt, its seed and the model alone, never on the rows beside it.

use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use attune_tuning::{Answer, Ask as Prompt, BaseModel, Finish, GenerationConfig, Sampling, Search};

use super::{Ask, Candidate, Failure, Generator, Outcome};
use crate::generation::{GeneratorKind, GeneratorName};
use crate::model_host::{Model, ModelHost};
use crate::{AnswerPrecision, Decoding, Result};

/// The best of so many is taken where nobody says otherwise; docs/benchmarks.md has what that gains.
pub(super) const DEFAULT_CANDIDATES: u32 = 4;

/// Rows that are decoded together; more would arrive in ever larger lumps.
const AT_ONCE: usize = 64;

/// How tokens are drawn. Found by measuring which share of attune-mini's texts passes; docs/benchmarks.md.
const TEMPERATURE: f64 = 0.7;
const TOP_P: f64 = 0.9;
const REPETITION_PENALTY: f64 = 1.1;
const NO_REPEAT_NGRAM_SIZE: usize = 4;
/// The shortest text that can be a story.
const MIN_NEW_TOKENS: usize = 40;

pub(crate) struct LocalT5 {
    model: Arc<Model>,
}

impl LocalT5 {
    /// # Errors
    /// What is wrong with the base or the adapter.
    pub(super) fn open(host: &ModelHost, base_model: Option<&str>, adapter: Option<&Path>) -> Result<Self> {
        Ok(Self { model: host.model(adapter, base_model)? })
    }

    fn config(max_new_tokens: usize) -> GenerationConfig {
        GenerationConfig {
            max_new_tokens,
            min_new_tokens: MIN_NEW_TOKENS.min(max_new_tokens),
            repetition_penalty: REPETITION_PENALTY as f32,
            no_repeat_ngram_size: Some(NO_REPEAT_NGRAM_SIZE),
            search: Search::Sampling(Sampling {
                temperature: TEMPERATURE as f32,
                top_p: TOP_P as f32,
                ..Sampling::default()
            }),
            precision: AnswerPrecision::Auto.into(),
            ..GenerationConfig::default()
        }
    }
}

impl Generator for LocalT5 {
    fn named(&self) -> GeneratorName {
        let adapter = self.model.adapter.as_ref();
        GeneratorName {
            kind: GeneratorKind::LocalT5,
            name: self.model.base_name.clone(),
            base_digest: Some(self.model.base_digest.clone()),
            adapter_digest: adapter.map(|(_, answering)| answering.digest.to_string()),
        }
    }

    fn at_once(&self) -> usize {
        AT_ONCE
    }

    fn decoding(&self) -> Option<Decoding> {
        Some(Decoding {
            min_new_tokens: Some(MIN_NEW_TOKENS as u32),
            temperature: Some(TEMPERATURE),
            top_p: Some(TOP_P),
            repetition_penalty: Some(REPETITION_PENALTY),
            no_repeat_ngram_size: Some(NO_REPEAT_NGRAM_SIZE as u32),
            precision: Some(AnswerPrecision::Auto.settled()),
            ..Decoding::default()
        })
    }

    fn base(&self) -> Option<(Arc<BaseModel>, String)> {
        Some((Arc::clone(self.model.answerer.base()), self.model.base_digest.clone()))
    }

    /// It was never taught to go by a text that is shown.
    fn takes_references(&self) -> bool {
        false
    }

    fn repeats_itself(&self) -> bool {
        true
    }

    fn generate(&mut self, asks: &[Ask], stop: &AtomicBool) -> Result<Vec<Outcome>> {
        let adapter = self.model.adapter.as_ref().map(|(adapter, _)| adapter);
        let answerer = &self.model.answerer;
        let mut outcomes = Vec::with_capacity(asks.len());
        for asks in asks.chunk_by(|one, next| one.max_new_tokens == next.max_new_tokens) {
            let prompts = asks.iter().map(|ask| Prompt { prompt: &ask.input, adapter, seed: Some(ask.seed) });
            let config = Self::config(asks[0].max_new_tokens);
            let questions = answerer.questions(&prompts.collect::<Vec<_>>(), &config)?.without_pieces();
            let given = answerer.answer(questions, &mut |_| match stop.load(Ordering::Relaxed) {
                true => ControlFlow::Break(()),
                false => ControlFlow::Continue(()),
            })?;
            outcomes.extend(asks.iter().zip(given.answers).map(|(ask, answer)| outcome(ask, answer)));
        }
        Ok(outcomes)
    }
}

fn outcome(ask: &Ask, answer: Answer) -> Outcome {
    if answer.finish == Finish::Stopped {
        return Outcome::Stopped;
    }
    if answer.text.is_empty() {
        return Outcome::Failed(Failure { counted_as: "empty", words: "its text was empty".to_owned() });
    }
    Outcome::Text(Candidate {
        text: answer.text,
        tokens: u32::try_from(answer.tokens.len()).unwrap_or(u32::MAX),
        sent: ask.input.clone(),
        cost_micro_dollars: Some(0),
    })
}
