//! How answers are made, as the caller sets it.
//!
//! Names and meaning are those of transformers' `generate`, so that settings can be carried over. Not here:
//! what the settings do (`scores`, `sequences`, `beams`).

use crate::{AnswerPrecision, Error, Result};

/// Sequences of one prompt, whose keys and values lie in memory together.
const MOST_SEQUENCES: usize = 256;

/// How answers are made. The default is the likeliest token each time, 64 tokens at most.
#[derive(Debug, Clone, PartialEq)]
pub struct GenerationConfig {
    /// Tokens of an answer at most, its end-of-sequence token counted; 1 or more.
    pub max_new_tokens: usize,
    /// The end-of-sequence token is forbidden before this many tokens; at most `max_new_tokens`. A stop
    /// string still ends the answer.
    pub min_new_tokens: usize,
    /// Makes tokens that are in the answer already less likely: 1.0 does nothing, larger does more; above 0.
    ///
    /// Source: Keskar et al. 2019, "CTRL", section 4.1.
    pub repetition_penalty: f32,
    /// No run of this many tokens comes twice in an answer; none sets no limit. 1 or more.
    ///
    /// Source: Paulus, Xiong, Socher 2017, "A Deep Reinforced Model for Abstractive Summarization", 2.5.
    pub no_repeat_ngram_size: Option<usize>,
    /// Each ends the answer where it first stands in the text, and is not part of it. None may be empty.
    pub stop: Vec<String>,
    /// How the next token is chosen.
    pub search: Search,
    /// What the network computes in.
    pub precision: AnswerPrecision,
}

/// How the next token is chosen.
#[derive(Debug, Clone, PartialEq)]
pub enum Search {
    /// The likeliest; among equals the lowest.
    Greedy,
    /// Drawn by its probability.
    Sampling(Sampling),
    /// Several answers are followed at once, and the one that is likeliest as a whole is taken.
    Beams(Beams),
}

/// Draws by probability; the limits hold in this order.
#[derive(Debug, Clone, PartialEq)]
pub struct Sampling {
    /// Divides the scores: below 1.0 bolder towards the likely, above it wilder; above 0.
    pub temperature: f32,
    /// Only this many of the likeliest tokens (and those as likely as the last of them); 1 or more.
    ///
    /// Source: Fan, Lewis, Dauphin 2018, "Hierarchical Neural Story Generation", section 5.4.
    pub top_k: Option<usize>,
    /// Only the likeliest tokens that together have this probability; above 0, at most 1.0 (all).
    ///
    /// Source: Holtzman et al. 2020, "The Curious Case of Neural Text Degeneration", section 3.1.
    pub top_p: f32,
    /// Decides every draw.
    pub seed: u64,
    /// How many answers are drawn for each prompt; from 1 to 256.
    pub num_return: usize,
}

impl Default for Sampling {
    fn default() -> Self {
        Self { temperature: 1.0, top_k: None, top_p: 1.0, seed: 0, num_return: 1 }
    }
}

/// Beam search.
///
/// Source: Wu et al. 2016, "Google's Neural Machine Translation System", section 7, with the normalisation
/// of transformers: the summed log-probability by `tokens ^ length_penalty`.
#[derive(Debug, Clone, PartialEq)]
pub struct Beams {
    /// How many answers are followed; from 2 (1 is [`Search::Greedy`]) to 256.
    pub num_beams: usize,
    /// Above 0 prefers longer answers, below 0 shorter ones; 1.0 compares the mean log-probability.
    pub length_penalty: f32,
    /// When enough is found.
    pub early_stopping: EarlyStopping,
}

impl Default for Beams {
    fn default() -> Self {
        Self { num_beams: 4, length_penalty: 1.0, early_stopping: EarlyStopping::Heuristic }
    }
}

/// When a beam search ends before `max_new_tokens`; transformers' `early_stopping`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EarlyStopping {
    /// As soon as `num_beams` answers are complete (`True`).
    WhenFull,
    /// When the best open answer, judged at its present length, is no better than the worst complete one
    /// (`False`, transformers' default).
    Heuristic,
    /// When no open answer can become better any more at any length (`"never"`).
    Exhaustive,
}

impl Default for GenerationConfig {
    fn default() -> Self {
        Self {
            max_new_tokens: 64,
            min_new_tokens: 0,
            repetition_penalty: 1.0,
            no_repeat_ngram_size: None,
            stop: Vec::new(),
            search: Search::Greedy,
            precision: AnswerPrecision::default(),
        }
    }
}

impl GenerationConfig {
    /// Refuses values that cannot be meant.
    ///
    /// # Errors
    /// [`Error::InvalidSetting`] with the field's name.
    pub fn validate(&self) -> Result<()> {
        at_least("max_new_tokens", self.max_new_tokens, 1, "1 or more")?;
        if self.min_new_tokens > self.max_new_tokens {
            return Err(invalid("min_new_tokens", self.min_new_tokens, "at most max_new_tokens"));
        }
        above_zero("repetition_penalty", self.repetition_penalty)?;
        if let Some(size) = self.no_repeat_ngram_size {
            at_least("no_repeat_ngram_size", size, 1, "1 or more, or none")?;
        }
        if self.stop.iter().any(String::is_empty) {
            return Err(invalid("stop", "an empty text", "texts of at least one character"));
        }
        match &self.search {
            Search::Greedy => Ok(()),
            Search::Sampling(sampling) => {
                above_zero("temperature", sampling.temperature)?;
                if let Some(count) = sampling.top_k {
                    at_least("top_k", count, 1, "1 or more, or none")?;
                }
                if !(sampling.top_p > 0.0 && sampling.top_p <= 1.0) {
                    return Err(invalid("top_p", sampling.top_p, "above 0 and at most 1"));
                }
                if !(1..=MOST_SEQUENCES).contains(&sampling.num_return) {
                    return Err(invalid("num_return", sampling.num_return, "from 1 to 256"));
                }
                Ok(())
            }
            Search::Beams(beams) => {
                if !(2..=MOST_SEQUENCES).contains(&beams.num_beams) {
                    return Err(invalid("num_beams", beams.num_beams, "from 2 to 256; for 1, choose greedy"));
                }
                if !beams.length_penalty.is_finite() {
                    return Err(invalid("length_penalty", beams.length_penalty, "a finite number"));
                }
                Ok(())
            }
        }
    }

    /// How many answers each prompt gets.
    pub(super) fn answers_for_each(&self) -> usize {
        match &self.search {
            Search::Sampling(sampling) => sampling.num_return,
            Search::Greedy | Search::Beams(_) => 1,
        }
    }

    /// How many sequences the decoder reads for each prompt.
    pub(super) fn sequences_for_each(&self) -> usize {
        match &self.search {
            Search::Beams(beams) => beams.num_beams,
            Search::Greedy | Search::Sampling(_) => self.answers_for_each(),
        }
    }
}

fn at_least(field: &'static str, found: usize, least: usize, needed: &'static str) -> Result<()> {
    if found < least { Err(invalid(field, found, needed)) } else { Ok(()) }
}

fn above_zero(field: &'static str, found: f32) -> Result<()> {
    if found.is_finite() && found > 0.0 { Ok(()) } else { Err(invalid(field, found, "a number above 0")) }
}

fn invalid(field: &'static str, found: impl ToString, needed: &'static str) -> Error {
    Error::InvalidSetting { field, found: found.to_string(), needed }
}
