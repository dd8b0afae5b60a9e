//! Beam search: several answers to each prompt are followed, the one that is likeliest as a whole is taken.
//!
//! Step by step as transformers does it (`_beam_search`), for each prompt as if it were alone: twice as many
//! candidates as beams, so that ended ones leave enough to go on with; only the better half of them may end;
//! scores are f32 sums of log-probabilities.
//! Invariant: `open` and `complete` are sorted, the best first, and hold at most `num_beams`.

use std::cmp::Ordering;
use std::sync::Arc;

use super::config::{Beams, EarlyStopping};
use super::scores::{control, log_softmax};
use super::text::GrowingText;
use super::{Answer, Call, Finish, Piece, Source, Watch};
use crate::network::Sequences;
use crate::{Error, Result};

/// Answers each source with the best of its beams.
pub(super) fn answer(
    call: &Call<'_>,
    sources: &[Source],
    settings: &Beams,
    watch: &mut Watch<'_, '_>,
) -> Result<Vec<Answer>> {
    let start = call.base.architecture().decoder_start;
    let mut searches: Vec<Search> = sources
        .iter()
        .enumerate()
        .map(|(place, source)| Search {
            row: call.first_row + place,
            prompt_tokens: source.tokens,
            open: vec![Beam { history: vec![start], score: 0.0, parent: place }],
            complete: Vec::new(),
            answer: None,
        })
        .collect();
    let mut sequences = Sequences::new(sources.iter().map(|source| Arc::clone(&source.memory)));
    let mut position = 0;
    while searches.iter().any(|search| search.answer.is_none()) && !watch.stopped {
        let open =
            || searches.iter().filter(|search| search.answer.is_none()).flat_map(|search| &search.open);
        if position > 0 {
            sequences.select(&open().map(|beam| beam.parent).collect::<Vec<_>>());
        }
        let last: Vec<u32> = open().filter_map(|beam| beam.history.last().copied()).collect();
        let mut logits = call.logits(&last, &mut sequences, position)?;
        let mut scores = logits.chunks_exact_mut(call.base.architecture().vocabulary);
        let mut first = 0;
        for search in searches.iter_mut().filter(|search| search.answer.is_none()) {
            let beams = search.open.len();
            let found = search.step(call, settings, first, scores.by_ref().take(beams))?;
            first += beams;
            search.tell(call, found, watch)?;
        }
        position += 1;
    }
    let answers = searches.into_iter().map(|mut search| match search.answer.take() {
        Some(answer) => Ok(answer),
        None => search.stopped(call),
    });
    answers.collect()
}

/// The search for one answer.
struct Search {
    /// The place of its answer among all.
    row: usize,
    prompt_tokens: usize,
    open: Vec<Beam>,
    complete: Vec<Complete>,
    answer: Option<Answer>,
}

/// An answer that is still followed.
struct Beam {
    /// The start token and the tokens of the answer.
    history: Vec<u32>,
    /// The sum of its log-probabilities.
    score: f32,
    /// Which sequence of the last step it goes on from.
    parent: usize,
}

/// An answer that ended.
struct Complete {
    /// With the start token, and the end-of-sequence token if it came.
    history: Vec<u32>,
    /// With the length penalty.
    score: f32,
    finish: Finish,
}

impl Search {
    /// Goes one token further; says whether that was the last. `first` is the place of its first sequence in
    /// this step.
    fn step<'s>(
        &mut self,
        call: &Call<'_>,
        settings: &Beams,
        first: usize,
        scores: impl Iterator<Item = &'s mut [f32]>,
    ) -> Result<bool> {
        let tokens = self.open[0].history.len();
        let candidates = self.candidates(call, settings, scores);
        if candidates.is_empty() {
            return Err(Error::NoTokenLeft { position: tokens - 1 });
        }
        let normalised = |score: f32, tokens: usize| score / (tokens as f32).powf(settings.length_penalty);
        let mut open = Vec::new();
        for (rank, (beam, token, score)) in candidates.into_iter().enumerate() {
            let mut history = self.open[beam].history.clone();
            history.push(token);
            match ended(call, &history)? {
                None if open.len() < settings.num_beams => {
                    open.push(Beam { history, score, parent: first + beam });
                }
                Some(finish) if rank < settings.num_beams => {
                    let score = normalised(score, tokens);
                    self.complete.push(Complete { history, score, finish });
                }
                _ => (),
            }
        }
        self.complete.sort_by(|a, b| descending(a.score, b.score));
        self.complete.truncate(settings.num_beams);
        self.open = open;

        let full = self.complete.len() == settings.num_beams;
        let improvable = self.open.first().is_some_and(|best| {
            let length = match settings.early_stopping {
                EarlyStopping::Exhaustive if settings.length_penalty > 0.0 => call.config.max_new_tokens,
                _ => tokens,
            };
            let worst = self.complete.last().map_or(f32::NEG_INFINITY, |worst| worst.score);
            !full || normalised(best.score, length) > worst
        });
        Ok(!improvable || (full && settings.early_stopping == EarlyStopping::WhenFull))
    }

    /// The best continuations as (beam, token, score), the best first.
    fn candidates<'s>(
        &self,
        call: &Call<'_>,
        settings: &Beams,
        scores: impl Iterator<Item = &'s mut [f32]>,
    ) -> Vec<(usize, u32, f32)> {
        let mut candidates = Vec::new();
        for (beam, (open, scores)) in self.open.iter().zip(scores).enumerate() {
            log_softmax(scores);
            control(scores, &open.history, call.base.architecture().end_of_sequence, call.config);
            let allowed = scores.iter().zip(0_u32..).filter(|(score, _)| **score > f32::NEG_INFINITY);
            candidates.extend(allowed.map(|(score, token)| (beam, token, open.score + score)));
        }
        // Among equals the earlier beam, then the lower token.
        let better = |a: &(usize, u32, f32), b: &(usize, u32, f32)| {
            descending(a.2, b.2).then(a.0.cmp(&b.0)).then(a.1.cmp(&b.1))
        };
        let count = 2 * settings.num_beams;
        if count < candidates.len() {
            candidates.select_nth_unstable_by(count, better);
            candidates.truncate(count);
        }
        candidates.sort_unstable_by(better);
        candidates
    }

    /// Tells the observer of a step, with the text if it was the last.
    fn tell(&mut self, call: &Call<'_>, found: bool, watch: &mut Watch<'_, '_>) -> Result<()> {
        let row = self.row;
        match self.complete.first() {
            Some(best) if found => {
                let answer = self.answer_of(call, &best.history, best.finish)?;
                watch.tell(Piece { row, token: None, text: &answer.text });
                self.answer = Some(answer);
            }
            _ => {
                if watch.tell(Piece { row, token: None, text: "" }) {
                    self.answer = Some(self.stopped(call)?);
                }
            }
        }
        Ok(())
    }

    /// The best so far.
    fn stopped(&self, call: &Call<'_>) -> Result<Answer> {
        let complete = self.complete.first().map(|best| &best.history);
        let history = complete.or(self.open.first().map(|best| &best.history));
        self.answer_of(call, history.map_or(&[], Vec::as_slice), Finish::Stopped)
    }

    fn answer_of(&self, call: &Call<'_>, history: &[u32], finish: Finish) -> Result<Answer> {
        let end_of_sequence = call.base.architecture().end_of_sequence;
        let tokens: Vec<u32> =
            history.iter().skip(1).copied().filter(|&token| token != end_of_sequence).collect();
        let mut text = GrowingText::default();
        text.grow(call.base.tokenizer(), &tokens, &call.config.stop)?;
        text.last_piece();
        Ok(Answer { text: text.into_shown(), tokens, finish, prompt_tokens: self.prompt_tokens })
    }
}

/// Whether and why an answer ends with its last token.
fn ended(call: &Call<'_>, history: &[u32]) -> Result<Option<Finish>> {
    if history.last() == Some(&call.base.architecture().end_of_sequence) {
        return Ok(Some(Finish::EndOfSequence));
    }
    let stop = &call.config.stop;
    if !stop.is_empty() && GrowingText::default().grow(call.base.tokenizer(), &history[1..], stop)? {
        return Ok(Some(Finish::StopString));
    }
    Ok((history.len() > call.config.max_new_tokens).then_some(Finish::Length))
}

fn descending(a: f32, b: f32) -> Ordering {
    b.total_cmp(&a)
}
