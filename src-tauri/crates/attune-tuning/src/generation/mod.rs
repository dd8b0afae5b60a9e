//! Answers: the encoder once, then token after token until an end.
//!
//! Here are the doors and what is common to all searches; `sequences` holds greedy search and sampling,
//! `beams` beam search, `scores` what the settings do to scores, `text` what of an answer can be shown.
//! Not here: chat templates, and which settings suit whom.
//! Invariant: an answer is decided by prompt, adapter, settings and its number among the answers to that
//! prompt, never by the other prompts of its call.

mod beams;
mod config;
pub(crate) mod scores;
mod sequences;
mod text;

use std::ops::ControlFlow;
use std::sync::Arc;

use rayon::prelude::*;

pub use config::{Beams, EarlyStopping, GenerationConfig, Sampling, Search};

use crate::error::WhileDoing;
use crate::network::{Sequences, SourceMemory};
use crate::placed::Placed;
use crate::{Adapter, BaseModel, Error, Result};

/// The longest prompt in tokens. Attention takes memory by the square of it.
pub const LONGEST_PROMPT: usize = 2048;

/// Sequences that are decoded together, unless one prompt alone has more; more prompts are answered in groups,
/// to bound the memory.
const SEQUENCES_AT_ONCE: usize = 64;

/// Why an answer ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Finish {
    /// The model said it was done.
    EndOfSequence,
    /// `max_new_tokens` were computed.
    Length,
    /// A stop string came.
    StopString,
    /// The observer asked to stop.
    Stopped,
}

/// What the model answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The text of the tokens, up to the first stop string, without white space around it.
    pub text: String,
    /// The tokens, without start and end-of-sequence; those of a stop string are among them.
    pub tokens: Vec<u32>,
    /// Why it ended.
    pub finish: Finish,
    /// Tokens of the prompt, its end-of-sequence included, the soft prompt not.
    pub prompt_tokens: usize,
}

impl Answer {
    fn not_begun(prompt_tokens: usize) -> Self {
        Self { text: String::new(), tokens: Vec::new(), finish: Finish::Stopped, prompt_tokens }
    }
}

/// What just happened to one answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Piece<'t> {
    /// The place of the answer in what [`generate`] will return.
    pub row: usize,
    /// The token just chosen. None in a beam search, where nothing is chosen before the end, and none with
    /// the last piece of a text.
    pub token: Option<u32>,
    /// Text that is certain now; often empty. All pieces of a row, one after the other, are its text.
    pub text: &'t str,
}

/// What an observer may stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// The answer it was called for.
    Row,
    /// Every answer that is not finished.
    All,
}

/// Sees every answer grow, and can stop it.
pub type Observer<'o> = dyn FnMut(Piece<'_>) -> ControlFlow<Stop> + 'o;

/// Answers prompts, optionally with an adapter: in the order of the prompts, and for several answers to a prompt
/// in the order they were drawn.
///
/// The observer is called for every open row at every step, and with the rest of the text when a row ends. A
/// stopped row keeps its tokens and the text that was shown, and the observer hears no more of it. Beam search
/// shows its text when a row ends; a stopped one returns the best so far.
///
/// # Errors
/// [`Error::InvalidSetting`] for an impossible setting, [`Error::AdapterWidth`] or
/// [`Error::LoraOfAnotherBase`] if the adapter is for another base model, [`Error::PromptTooLong`] beyond
/// [`LONGEST_PROMPT`], [`Error::OutputNotFinite`] if the adapter makes the network overflow,
/// [`Error::NoTokenLeft`] if the settings forbid every token.
pub fn generate(
    base: &BaseModel,
    adapter: Option<&Adapter>,
    prompts: &[&str],
    config: &GenerationConfig,
    observer: &mut Observer<'_>,
) -> Result<Vec<Answer>> {
    let prompts: Vec<(&str, Option<u64>)> = prompts.iter().map(|prompt| (*prompt, None)).collect();
    answer(base, adapter, &prompts, config, &mut Watch { observer, shows_text: true, stopped: false })
}

/// Answers prompts of which each has a seed of its own, so that each gets what it would get alone, where a setting
/// draws; else as [`generate`]. `goes_on` is asked after every token of every row, and ends all rows that are open:
/// those keep their tokens and have no text.
///
/// # Errors
/// As [`generate`].
pub fn generate_seeded(
    base: &BaseModel,
    adapter: Option<&Adapter>,
    prompts: &[(&str, u64)],
    config: &GenerationConfig,
    goes_on: &mut dyn FnMut() -> bool,
) -> Result<Vec<Answer>> {
    let prompts: Vec<(&str, Option<u64>)> = prompts.iter().map(|(text, seed)| (*text, Some(*seed))).collect();
    let mut observer = |_: Piece<'_>| match goes_on() {
        true => ControlFlow::Continue(()),
        false => ControlFlow::Break(Stop::All),
    };
    let mut watch = Watch { observer: &mut observer, shows_text: false, stopped: false };
    answer(base, adapter, &prompts, config, &mut watch)
}

/// Answers prompts, some with seeds of their own.
fn answer(
    base: &BaseModel,
    adapter: Option<&Adapter>,
    prompts: &[(&str, Option<u64>)],
    config: &GenerationConfig,
    watch: &mut Watch<'_, '_>,
) -> Result<Vec<Answer>> {
    config.validate()?;
    let placed = Placed::new(base, adapter)?;
    let encoded = prompts.iter().map(|(prompt, seed)| Ok((encode(base, prompt)?, *seed)));
    let sources = encoded.collect::<Result<Vec<_>>>()?;

    let mut answers = Vec::new();
    let prompts_at_once = (SEQUENCES_AT_ONCE / config.sequences_for_each()).max(1);
    for sources in sources.chunks(prompts_at_once) {
        if watch.stopped {
            let none = |(tokens, _): &(Vec<u32>, Option<u64>)| {
                vec![Answer::not_begun(tokens.len()); config.answers_for_each()]
            };
            answers.extend(sources.iter().flat_map(none));
            continue;
        }
        let sources = sources
            .par_iter()
            .map(|(tokens, seed)| read_source(&placed, tokens, *seed))
            .collect::<Result<Vec<_>>>()?;
        let call = Call { placed: &placed, base, config, first_row: answers.len() };
        answers.extend(match &config.search {
            Search::Greedy => sequences::answer(&call, &sources, None, watch)?,
            Search::Sampling(sampling) => sequences::answer(&call, &sources, Some(sampling), watch)?,
            Search::Beams(settings) => beams::answer(&call, &sources, settings, watch)?,
        });
    }
    Ok(answers)
}

/// Answers a prompt with the likeliest token each time, optionally with an adapter.
///
/// At most `max_new_tokens` (1 or more) are computed, the end-of-sequence token counted. The observer is
/// called for every token of the answer as it comes; `Break` ends the answer with that token.
///
/// # Errors
/// As [`generate`].
pub fn generate_greedy(
    base: &BaseModel,
    adapter: Option<&Adapter>,
    prompt: &str,
    max_new_tokens: usize,
    observer: &mut dyn FnMut(u32) -> ControlFlow<()>,
) -> Result<Answer> {
    let config = GenerationConfig { max_new_tokens, ..GenerationConfig::default() };
    let mut watch = |progress: Piece<'_>| {
        let wish = progress.token.map_or(ControlFlow::Continue(()), &mut *observer);
        if wish.is_break() { ControlFlow::Break(Stop::All) } else { ControlFlow::Continue(()) }
    };
    let mut answers = generate(base, adapter, &[prompt], &config, &mut watch)?;
    Ok(answers.swap_remove(0))
}

/// One group of prompts that are answered together.
struct Call<'c> {
    placed: &'c Placed<'c>,
    base: &'c BaseModel,
    config: &'c GenerationConfig,
    /// The place of the group's first answer.
    first_row: usize,
}

/// A prompt that the encoder has read.
struct Source {
    memory: Arc<SourceMemory>,
    tokens: usize,
    /// Where its draws have a seed of their own.
    seed: Option<u64>,
}

/// The observer, and whether it has stopped everything.
struct Watch<'w, 'o> {
    observer: &'w mut Observer<'o>,
    /// Whether it wants to see the text as it grows.
    shows_text: bool,
    stopped: bool,
}

impl Watch<'_, '_> {
    /// Tells the observer; says whether the row shall end.
    fn tell(&mut self, progress: Piece<'_>) -> bool {
        if self.stopped {
            return true;
        }
        match (self.observer)(progress) {
            ControlFlow::Continue(()) => false,
            ControlFlow::Break(stop) => {
                self.stopped = stop == Stop::All;
                true
            }
        }
    }
}

impl Call<'_> {
    /// The logits of what comes after one more token of each sequence, `vocabulary` for each.
    fn logits(&self, tokens: &[u32], sequences: &mut Sequences, position: usize) -> Result<Vec<f32>> {
        let logits =
            self.placed.network().decode_next(tokens, sequences).while_doing("computing the next token")?;
        if logits.iter().all(|logit| logit.is_finite()) {
            Ok(logits)
        } else {
            Err(Error::OutputNotFinite { position })
        }
    }
}

fn encode(base: &BaseModel, prompt: &str) -> Result<Vec<u32>> {
    let tokens = base.tokenizer().encode_whole(prompt)?;
    if tokens.len() > LONGEST_PROMPT {
        return Err(Error::PromptTooLong { tokens: tokens.len(), limit: LONGEST_PROMPT });
    }
    Ok(tokens)
}

fn read_source(placed: &Placed<'_>, tokens: &[u32], seed: Option<u64>) -> Result<Source> {
    let network = placed.network();
    let memory = placed
        .encoder_input(tokens)
        .and_then(|input| network.remember_source(&network.encode(&input, None)?))
        .while_doing("reading the prompt")?;
    Ok(Source { memory: Arc::new(memory), tokens: tokens.len(), seed })
}
