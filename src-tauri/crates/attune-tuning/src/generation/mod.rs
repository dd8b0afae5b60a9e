//! Answers: the encoder once, then token after token until an end.
//!
//! Here are the doors and what is common to all searches; `answering` holds the batch that answers are made in and
//! `line` who enters it next, `sequences` greedy search and sampling, `beams` beam search, `scores` what the settings
//! do to scores, `text` what of an answer can be shown.
//! Not here: chat templates, and which settings suit whom.
//! Invariant: an answer is decided by prompt, adapter, settings and its number among the answers to that
//! prompt, never by what is answered beside it.

mod answering;
mod beams;
mod config;
mod line;
pub(crate) mod scores;
mod sequences;
mod text;

use std::ops::ControlFlow;

pub use answering::{Answering, Ended, Questions, Ticket};
pub use config::{Beams, EarlyStopping, GenerationConfig, Sampling, Search};

use crate::{Adapter, BaseModel, ReadyAdapter, Result};

/// The longest prompt in tokens. Attention takes memory by the square of it.
pub const LONGEST_PROMPT: usize = 2048;

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
    /// The place of the answer among those of its request.
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

/// One prompt, and who shall answer it.
#[derive(Debug, Clone, Copy)]
pub struct Ask<'a> {
    /// What is answered.
    pub prompt: &'a str,
    /// None for the base alone.
    pub adapter: Option<&'a ReadyAdapter>,
    /// Decides the draws of this prompt, so that it gets what it would get alone with this seed; else the settings'
    /// seed does.
    pub seed: Option<u64>,
}

/// Answers prompts together, each with its own adapter or none: in the order of the prompts, and for several answers to
/// a prompt in the order they were drawn.
///
/// The observer is called for every open row at every step, and with the rest of the text when a row ends. A
/// stopped row keeps its tokens and the text that was shown, and the observer hears no more of it. Beam search
/// shows its text when a row ends; a stopped one returns the best so far. [`Answering`] says how many are open at once.
///
/// # Errors
/// Those of [`Questions::new`]; [`Error::OutputNotFinite`](crate::Error::OutputNotFinite) if an adapter makes the
/// network overflow, [`Error::NoTokenLeft`](crate::Error::NoTokenLeft) if the settings forbid every token.
pub fn answer(
    base: &BaseModel,
    asks: &[Ask<'_>],
    config: &GenerationConfig,
    observer: &mut Observer<'_>,
) -> Result<Vec<Answer>> {
    answer_alone(base, Questions::new(base, asks, config)?, observer)
}

/// [`answer`] with one adapter, or none, for all prompts.
///
/// # Errors
/// As [`answer`], and [`Error::AdapterWidth`](crate::Error::AdapterWidth) or
/// [`Error::LoraOfAnotherBase`](crate::Error::LoraOfAnotherBase) if the adapter is for another base model.
pub fn generate(
    base: &BaseModel,
    adapter: Option<&Adapter>,
    prompts: &[&str],
    config: &GenerationConfig,
    observer: &mut Observer<'_>,
) -> Result<Vec<Answer>> {
    let ready = ready(base, adapter)?;
    let asks = prompts.iter().map(|prompt| Ask { prompt, adapter: ready.as_ref(), seed: None });
    answer(base, &asks.collect::<Vec<_>>(), config, observer)
}

/// [`generate`] for prompts of which each has a seed of its own, so that each gets what it would get alone, where a
/// setting draws. `goes_on` is asked after every token of every row, and ends all rows that are open: those keep their
/// tokens and have no text.
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
    let ready = ready(base, adapter)?;
    let asks =
        prompts.iter().map(|(prompt, seed)| Ask { prompt, adapter: ready.as_ref(), seed: Some(*seed) });
    let questions = Questions::new(base, &asks.collect::<Vec<_>>(), config)?.without_pieces();
    answer_alone(base, questions, &mut |_| match goes_on() {
        true => ControlFlow::Continue(()),
        false => ControlFlow::Break(Stop::All),
    })
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

fn ready(base: &BaseModel, adapter: Option<&Adapter>) -> Result<Option<ReadyAdapter>> {
    adapter.map(|adapter| ReadyAdapter::new(base, adapter)).transpose()
}

/// Answers with nothing else beside it.
fn answer_alone(base: &BaseModel, questions: Questions, observer: &mut Observer<'_>) -> Result<Vec<Answer>> {
    let mut answering = Answering::new(base);
    answering.join(questions);
    loop {
        if let Some(ended) = answering.step(&mut |_, piece| observer(piece)).pop() {
            return ended.answers;
        }
    }
}

/// What decides about an answer beside its prompt.
#[derive(Clone, Copy)]
struct Call<'c> {
    base: &'c BaseModel,
    config: &'c GenerationConfig,
}

/// The observer of a request, and whether it has stopped everything.
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
