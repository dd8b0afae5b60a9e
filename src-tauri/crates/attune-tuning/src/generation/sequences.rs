//! Greedy search and sampling: each step chooses one token for every row that is not finished.
//!
//! Invariant: a finished row leaves the batch at once, and a row's choices use nothing of another row.

use std::sync::Arc;

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use super::config::Sampling;
use super::scores::{control, draw, most_likely, narrow};
use super::text::GrowingText;
use super::{Answer, Call, Finish, Piece, Source, Watch};
use crate::network::Sequences;
use crate::{Error, Result};

/// Answers each source once, or `num_return` times; greedily where there is no sampling.
pub(super) fn answer(
    call: &Call<'_>,
    sources: &[Source],
    sampling: Option<&Sampling>,
    watch: &mut Watch<'_, '_>,
) -> Result<Vec<Answer>> {
    let count = call.config.answers_for_each();
    let numbered = || sources.iter().flat_map(|source| (0..count).map(move |number| (source, number)));
    let mut rows: Vec<Row> = numbered()
        .enumerate()
        .map(|(place, (source, number))| Row {
            row: call.first_row + place,
            prompt_tokens: source.tokens,
            history: vec![call.base.architecture().decoder_start],
            random: sampling.map(|sampling| random(source.seed.unwrap_or(sampling.seed), number)),
            text: GrowingText::default(),
            finish: None,
        })
        .collect();
    let mut sequences = Sequences::new(numbered().map(|(source, _)| Arc::clone(&source.memory)));
    let mut open: Vec<usize> = (0..rows.len()).collect();
    let mut position = 0;
    while !open.is_empty() && !watch.stopped {
        let last: Vec<u32> = open.iter().filter_map(|&row| rows[row].history.last().copied()).collect();
        let mut logits = call.logits(&last, &mut sequences, position)?;
        let mut stepping: Vec<&mut Row> = rows.iter_mut().filter(|row| row.finish.is_none()).collect();
        let chosen = stepping
            .par_iter_mut()
            .zip(logits.par_chunks_exact_mut(call.base.architecture().vocabulary))
            .map(|(row, scores)| row.choose(call, sampling, scores))
            .collect::<Result<Vec<u32>>>()?;
        for (row, token) in stepping.into_iter().zip(chosen) {
            row.take(token, call, watch)?;
        }
        let going: Vec<usize> = (0..open.len()).filter(|&place| rows[open[place]].finish.is_none()).collect();
        if going.len() < open.len() {
            sequences.select(&going);
            open = going.into_iter().map(|place| open[place]).collect();
        }
        position += 1;
    }
    Ok(rows.into_iter().map(Row::into_answer).collect())
}

/// The source of chance of an answer: only the seed and its number among those to its prompt count.
fn random(seed: u64, number: usize) -> ChaCha8Rng {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    random.set_stream(number as u64);
    random
}

struct Row {
    /// Its place among all answers.
    row: usize,
    prompt_tokens: usize,
    /// The start token and the tokens of the answer.
    history: Vec<u32>,
    random: Option<ChaCha8Rng>,
    text: GrowingText,
    finish: Option<Finish>,
}

impl Row {
    /// The next token by its logits.
    fn choose(&mut self, call: &Call<'_>, sampling: Option<&Sampling>, scores: &mut [f32]) -> Result<u32> {
        control(scores, &self.history, call.base.architecture().end_of_sequence, call.config);
        let chosen = match (sampling, &mut self.random) {
            (Some(sampling), Some(random)) => {
                narrow(scores, sampling);
                draw(scores, random)
            }
            _ => most_likely(scores),
        };
        chosen.ok_or(Error::NoTokenLeft { position: self.history.len() - 1 })
    }

    /// Goes one token further, unless everything was stopped.
    fn take(&mut self, token: u32, call: &Call<'_>, watch: &mut Watch<'_, '_>) -> Result<()> {
        if watch.stopped {
            return Ok(());
        }
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

    fn into_answer(self) -> Answer {
        Answer {
            text: self.text.into_shown(),
            tokens: self.history[1..].to_vec(),
            finish: self.finish.unwrap_or(Finish::Stopped),
            prompt_tokens: self.prompt_tokens,
        }
    }
}
