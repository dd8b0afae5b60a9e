//! Greedy answers: the most likely token, again and again.
//!
//! Not here: sampling, chat templates, batches of prompts. Greedy only, because an answer that is judged
//! must not depend on chance. Invariant: ties take the lowest token, as transformers does.

use std::ops::ControlFlow;

use crate::error::WhileDoing;
use crate::network::DecoderMemory;
use crate::placed::Placed;
use crate::{Adapter, BaseModel, Error, Result};

/// The longest prompt in tokens. Attention takes memory by the square of it.
pub const LONGEST_PROMPT: usize = 2048;

/// Why an answer ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Finish {
    /// The model said it was done.
    EndOfSequence,
    /// `max_new_tokens` were computed.
    Length,
    /// The observer asked to stop.
    Stopped,
}

/// What the model answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The text of the tokens.
    pub text: String,
    /// The tokens, without start and end-of-sequence.
    pub tokens: Vec<u32>,
    /// Why it ended.
    pub finish: Finish,
    /// Tokens of the prompt, its end-of-sequence included, the soft prompt not.
    pub prompt_tokens: usize,
}

/// Answers a prompt, optionally with an adapter.
///
/// At most `max_new_tokens` are computed, the end-of-sequence token counted. The observer is called for every
/// token of the answer as it comes; `Break` ends the answer with that token.
///
/// # Errors
/// [`Error::AdapterWidth`] or [`Error::LoraOfAnotherBase`] if the adapter is for another base model, [`Error::PromptTooLong`] beyond
/// [`LONGEST_PROMPT`], [`Error::OutputNotFinite`] if the adapter makes the network overflow.
pub fn generate_greedy(
    base: &BaseModel,
    adapter: Option<&Adapter>,
    prompt: &str,
    max_new_tokens: usize,
    observer: &mut dyn FnMut(u32) -> ControlFlow<()>,
) -> Result<Answer> {
    let placed = Placed::new(base, adapter)?;
    let source = base.tokenizer().encode_whole(prompt)?;
    if source.len() > LONGEST_PROMPT {
        return Err(Error::PromptTooLong { tokens: source.len(), limit: LONGEST_PROMPT });
    }
    let (tokens, finish) = greedy_tokens(&placed, &source, max_new_tokens, observer)?;
    let text = base.tokenizer().decode(&tokens)?;
    Ok(Answer { text, tokens, finish, prompt_tokens: source.len() })
}

fn greedy_tokens(
    placed: &Placed<'_>,
    source: &[u32],
    max_new_tokens: usize,
    observer: &mut dyn FnMut(u32) -> ControlFlow<()>,
) -> Result<(Vec<u32>, Finish)> {
    let network = placed.network();
    let architecture = placed.base().architecture();
    let encoded = placed
        .encoder_input(source)
        .and_then(|embeddings| network.prepare(&network.encode(&embeddings)?))
        .while_doing("reading the prompt")?;

    let mut memory = DecoderMemory::default();
    let mut tokens = Vec::new();
    let mut last = architecture.decoder_start;
    for position in 0..max_new_tokens {
        let logits: Vec<f32> = network
            .decode(&[last], &encoded, &mut memory)
            .and_then(|logits| logits.flatten_all()?.to_vec1())
            .while_doing("computing the next token")?;
        last = most_likely(&logits).ok_or(Error::OutputNotFinite { position })?;
        if last == architecture.end_of_sequence {
            return Ok((tokens, Finish::EndOfSequence));
        }
        tokens.push(last);
        if observer(last).is_break() {
            return Ok((tokens, Finish::Stopped));
        }
    }
    Ok((tokens, Finish::Length))
}

/// The first of the largest logits; none if one is not finite.
fn most_likely(logits: &[f32]) -> Option<u32> {
    let mut best = 0;
    for (token, logit) in logits.iter().enumerate() {
        if !logit.is_finite() {
            return None;
        }
        if *logit > logits[best] {
            best = token;
        }
    }
    u32::try_from(best).ok()
}
