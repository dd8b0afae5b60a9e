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
use super::{Answer, Call, Finish, Piece, Watch};
use crate::answer_network::{Sequence, SourceMemory};
use crate::{Error, Result};

/// The search for one answer.
pub(super) struct Search {
    settings: Beams,
    /// The place of its answer among those of its request.
    row: usize,
    prompt_tokens: usize,
    open: Vec<Beam>,
    complete: Vec<Complete>,
    /// Whether the last step found what there is to find.
    found: bool,
    answer: Option<Answer>,
}

/// An answer that is still followed.
struct Beam {
    /// The start token and the tokens of the answer.
    history: Vec<u32>,
    /// The sum of its log-probabilities.
    score: f32,
    sequence: Sequence,
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
    /// A search for the answer to a source.
    pub(super) fn new(
        call: Call<'_>,
        settings: &Beams,
        source: Arc<SourceMemory>,
        prompt_tokens: usize,
        row: usize,
    ) -> Self {
        let history = vec![call.base.architecture().decoder_start];
        Self {
            settings: settings.clone(),
            row,
            prompt_tokens,
            open: vec![Beam { history, score: 0.0, sequence: Sequence::new(source) }],
            complete: Vec::new(),
            found: false,
            answer: None,
        }
    }

    /// How many sequences the decoder reads for it in the next step.
    pub(super) fn sequences(&self) -> usize {
        self.open.len()
    }

    /// What the decoder reads next, beam by beam.
    pub(super) fn next(&mut self) -> impl Iterator<Item = (u32, &mut Sequence)> {
        self.open.iter_mut().filter_map(|beam| Some((*beam.history.last()?, &mut beam.sequence)))
    }

    /// The number of the token that is chosen next.
    pub(super) fn position(&self) -> usize {
        self.open.first().map_or(0, |beam| beam.history.len() - 1)
    }

    /// Goes one token further by the logits of every beam.
    pub(super) fn choose(&mut self, call: Call<'_>, logits: &mut [f32]) -> Result<()> {
        let tokens = self.open[0].history.len();
        let candidates = self.candidates(call, logits.chunks_exact_mut(call.base.architecture().vocabulary));
        if candidates.is_empty() {
            return Err(Error::NoTokenLeft { position: self.position() });
        }
        let settings = &self.settings;
        let normalised = |score: f32, tokens: usize| score / (tokens as f32).powf(settings.length_penalty);
        let mut going = Vec::new();
        for (rank, (beam, token, score)) in candidates.into_iter().enumerate() {
            let mut history = self.open[beam].history.clone();
            history.push(token);
            match ended(call, &history)? {
                None if going.len() < settings.num_beams => going.push((beam, history, score)),
                Some(finish) if rank < settings.num_beams => {
                    let score = normalised(score, tokens);
                    self.complete.push(Complete { history, score, finish });
                }
                _ => (),
            }
        }
        self.complete.sort_by(|a, b| descending(a.score, b.score));
        self.complete.truncate(settings.num_beams);
        self.open = gone_on(std::mem::take(&mut self.open), going);

        let full = self.complete.len() == settings.num_beams;
        let improvable = self.open.first().is_some_and(|best| {
            let length = match settings.early_stopping {
                EarlyStopping::Exhaustive if settings.length_penalty > 0.0 => call.config.max_new_tokens,
                _ => tokens,
            };
            let worst = self.complete.last().map_or(f32::NEG_INFINITY, |worst| worst.score);
            !full || normalised(best.score, length) > worst
        });
        self.found = !improvable || (full && settings.early_stopping == EarlyStopping::WhenFull);
        Ok(())
    }

    /// The best continuations as (beam, token, score), the best first.
    fn candidates<'s>(
        &self,
        call: Call<'_>,
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
        let count = 2 * self.settings.num_beams;
        if count < candidates.len() {
            candidates.select_nth_unstable_by(count, better);
            candidates.truncate(count);
        }
        candidates.sort_unstable_by(better);
        candidates
    }

    /// Tells the observer of a step, with the text if it was the last.
    pub(super) fn tell(&mut self, call: Call<'_>, watch: &mut Watch<'_, '_>) -> Result<()> {
        let row = self.row;
        match self.complete.first() {
            Some(best) if self.found => {
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

    pub(super) fn is_finished(&self) -> bool {
        self.answer.is_some()
    }

    /// The answer if there is one, else the best so far.
    pub(super) fn into_answer(mut self, call: Call<'_>) -> Result<Answer> {
        match self.answer.take() {
            Some(answer) => Ok(answer),
            None => self.stopped(call),
        }
    }

    /// The best so far.
    fn stopped(&self, call: Call<'_>) -> Result<Answer> {
        let complete = self.complete.first().map(|best| &best.history);
        let history = complete.or(self.open.first().map(|best| &best.history));
        self.answer_of(call, history.map_or(&[], Vec::as_slice), Finish::Stopped)
    }

    fn answer_of(&self, call: Call<'_>, history: &[u32], finish: Finish) -> Result<Answer> {
        let end_of_sequence = call.base.architecture().end_of_sequence;
        let tokens: Vec<u32> =
            history.iter().skip(1).copied().filter(|&token| token != end_of_sequence).collect();
        let mut text = GrowingText::default();
        text.grow(call.base.tokenizer(), &tokens, &call.config.stop)?;
        text.last_piece();
        Ok(Answer { text: text.into_shown(), tokens, finish, prompt_tokens: self.prompt_tokens })
    }
}

/// The beams that go on from these as (beam, history, score), in their order.
fn gone_on(old: Vec<Beam>, going: Vec<(usize, Vec<u32>, f32)>) -> Vec<Beam> {
    let mut uses = vec![0; old.len()];
    going.iter().for_each(|(beam, ..)| uses[*beam] += 1);
    let mut old: Vec<Option<Sequence>> = old.into_iter().map(|beam| Some(beam.sequence)).collect();
    let beams = going.into_iter().filter_map(|(beam, history, score)| {
        uses[beam] -= 1;
        // The last use takes the memory, the others copy it.
        let sequence = if uses[beam] == 0 { old[beam].take() } else { old[beam].clone() };
        Some(Beam { history, score, sequence: sequence? })
    });
    beams.collect()
}

/// Whether and why an answer ends with its last token.
fn ended(call: Call<'_>, history: &[u32]) -> Result<Option<Finish>> {
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
