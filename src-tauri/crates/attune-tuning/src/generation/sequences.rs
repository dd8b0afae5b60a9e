//! Greedy search and sampling: each step chooses one token of the answer.
//!
//! Invariant: a row's choices use nothing of another row.

use std::sync::Arc;

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use super::config::Search;
use super::scores::{control, draw, most_likely, narrow};
use super::text::GrowingText;
use super::{Answer, Call, Finish, Piece, Watch};
use crate::answer_network::{Sequence, SourceMemory};
use crate::{Error, Result};

/// The source of chance of an answer: only the seed and its number among those to its prompt count.
fn random(seed: u64, number: usize) -> ChaCha8Rng {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    random.set_stream(number as u64);
    random
}

/// One answer that is made token by token.
pub(super) struct Row {
    /// Its place among the answers of its request.
    row: usize,
    prompt_tokens: usize,
    /// The start token and the tokens of the answer.
    history: Vec<u32>,
    sequence: Sequence,
    random: Option<ChaCha8Rng>,
    /// The token that was chosen last.
    chosen: u32,
    text: GrowingText,
    finish: Option<Finish>,
}

impl Row {
    /// The answer of this number to a source. The seed decides the draws where there are any.
    pub(super) fn new(
        call: Call<'_>,
        source: Arc<SourceMemory>,
        prompt_tokens: usize,
        row: usize,
        number: usize,
        seed: Option<u64>,
    ) -> Self {
        let start = call.base.architecture().decoder_start;
        let random = match &call.config.search {
            Search::Sampling(sampling) => Some(random(seed.unwrap_or(sampling.seed), number)),
            Search::Greedy | Search::Beams(_) => None,
        };
        Self {
            row,
            prompt_tokens,
            history: vec![start],
            sequence: Sequence::new(source),
            random,
            chosen: start,
            text: GrowingText::default(),
            finish: None,
        }
    }

    /// What the decoder reads next.
    pub(super) fn next(&mut self) -> (u32, &mut Sequence) {
        (self.chosen, &mut self.sequence)
    }

    /// The number of the token that is chosen next.
    pub(super) fn position(&self) -> usize {
        self.history.len() - 1
    }

    /// Chooses the next token by its logits.
    pub(super) fn choose(&mut self, call: Call<'_>, scores: &mut [f32]) -> Result<()> {
        control(scores, &self.history, call.base.architecture().end_of_sequence, call.config);
        let chosen = match (&call.config.search, &mut self.random) {
            (Search::Sampling(sampling), Some(random)) => {
                narrow(scores, sampling);
                draw(scores, random)
            }
            _ => most_likely(scores),
        };
        self.chosen = chosen.ok_or(Error::NoTokenLeft { position: self.position() })?;
        Ok(())
    }

    /// Goes on by the token that was chosen, unless everything was stopped.
    pub(super) fn tell(&mut self, call: Call<'_>, watch: &mut Watch<'_, '_>) -> Result<()> {
        if watch.stopped {
            return Ok(());
        }
        let token = self.chosen;
        let (config, tokenizer) = (call.config, call.base.tokenizer());
        // Nobody sees the text before its end, and nothing in it can end it.
        let only_at_its_end = !watch.shows_text && config.stop.is_empty();
        if token == call.base.architecture().end_of_sequence {
            self.finish = Some(Finish::EndOfSequence);
            if only_at_its_end {
                self.text.grow(tokenizer, &self.history[1..], &config.stop)?;
            }
            let text = self.text.last_piece();
            if !text.is_empty() {
                watch.tell(Piece { row: self.row, token: None, text });
            }
            return Ok(());
        }
        self.history.push(token);
        let is_last = self.history.len() > config.max_new_tokens;
        let is_due = is_last || !only_at_its_end;
        if is_due && self.text.grow(tokenizer, &self.history[1..], &config.stop)? {
            self.finish = Some(Finish::StopString);
        } else if is_last {
            self.finish = Some(Finish::Length);
        }
        let text = match self.finish {
            None if only_at_its_end => "",
            Some(_) => self.text.last_piece(),
            None => self.text.piece(&config.stop),
        };
        if watch.tell(Piece { row: self.row, token: Some(token), text }) && self.finish.is_none() {
            self.finish = Some(Finish::Stopped);
        }
        Ok(())
    }

    pub(super) fn is_finished(&self) -> bool {
        self.finish.is_some()
    }

    pub(super) fn into_answer(self) -> Answer {
        Answer {
            text: self.text.into_shown(),
            tokens: self.history[1..].to_vec(),
            finish: self.finish.unwrap_or(Finish::Stopped),
            prompt_tokens: self.prompt_tokens,
        }
    }
}
