//! Several generators, several texts of each: everything that is written for some attempts.
//!
//! Invariants: generators write at the same time, one thread each, and each is asked by one thread alone; what comes
//! out stands in the order of attempts, generators and candidates, whoever was faster; a text that would not come
//! again comes out whatever happened beside it.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use attune_tuning::BaseModel;

use super::generators::{Ask, Candidate, Failure, Generator, Outcome};
use super::plan::Attempt;
use super::{GeneratorName, Provenance};
use crate::{Decoding, Error, Result};

pub(super) struct Ensemble {
    generators: Vec<Box<dyn Generator>>,
    /// Texts of each generator for an attempt.
    candidates: u32,
    max_new_tokens: u32,
}

/// What came of asking all generators once.
#[derive(Debug)]
pub(super) struct Round {
    /// The attempts that are done. What was ended before is absent, to be asked for again.
    pub(super) written: Vec<Written>,
    /// Why a generator cannot go on.
    pub(super) end: Option<Error>,
}

/// What was written for one attempt.
#[derive(Debug, Clone)]
pub(super) struct Written {
    pub(super) attempt: Attempt,
    pub(super) texts: Vec<WrittenText>,
    /// Why generators gave no text.
    pub(super) failures: Vec<Failure>,
    /// Whether something was ended before it was done.
    stopped: bool,
}

#[derive(Debug, Clone)]
pub(super) struct WrittenText {
    pub(super) candidate: Candidate,
    pub(super) seed: u64,
    /// The place of its generator.
    generator: usize,
}

impl Ensemble {
    pub(super) fn new(generators: Vec<Box<dyn Generator>>, candidates: u32, max_new_tokens: u32) -> Self {
        Self { generators, candidates, max_new_tokens }
    }

    pub(super) fn names(&self) -> Vec<GeneratorName> {
        self.generators.iter().map(|generator| generator.named()).collect()
    }

    /// The base that one of them writes with, and the SHA-256 of its weights; none where none is on this computer.
    pub(super) fn base(&self) -> Option<(Arc<BaseModel>, String)> {
        self.generators.iter().find_map(|generator| generator.base())
    }

    /// Names of generators that cannot use texts to go by.
    pub(super) fn without_references(&self) -> Vec<String> {
        let without = self.generators.iter().filter(|generator| !generator.takes_references());
        without.map(|generator| generator.named().name).collect()
    }

    /// How many attempts are written for together: as many as the generator that takes fewest likes.
    pub(super) fn at_once(&self) -> u32 {
        let asks = self.generators.iter().map(|generator| generator.at_once()).min().unwrap_or(1);
        (u32::try_from(asks).unwrap_or(u32::MAX) / self.candidates).max(1)
    }

    /// Whether each of them answers the same ask in the same way again, for nothing.
    pub(super) fn repeats_itself(&self) -> bool {
        self.generators.iter().all(|generator| generator.repeats_itself())
    }

    /// What the generators write for these attempts.
    pub(super) fn write(&mut self, attempts: Vec<Attempt>, stop: &AtomicBool) -> Round {
        let (candidates, max_new_tokens) = (self.candidates, self.max_new_tokens as usize);
        let asks = |place: usize| -> Vec<Ask> {
            let each =
                attempts.iter().flat_map(|attempt| (0..candidates).map(move |number| (attempt, number)));
            each.map(|(attempt, number)| ask(attempt, attempt.seed(place, number), max_new_tokens)).collect()
        };
        let outcomes: Vec<Result<Vec<Outcome>>> = match &mut self.generators[..] {
            [only] => vec![only.generate(&asks(0), stop)],
            several => std::thread::scope(|scope| {
                let asks = &asks;
                let writing: Vec<_> = several
                    .iter_mut()
                    .enumerate()
                    .map(|(place, generator)| scope.spawn(move || generator.generate(&asks(place), stop)))
                    .collect();
                let written = writing.into_iter().map(|thread| thread.join());
                written.map(|outcomes| outcomes.unwrap_or(Err(Error::GeneratorPanicked))).collect()
            }),
        };
        let mut end = None;
        let outcomes = outcomes.into_iter().map(|outcomes| match outcomes {
            Ok(outcomes) => outcomes,
            Err(error) => {
                end.get_or_insert(error);
                attempts.iter().flat_map(|_| (0..candidates).map(|_| Outcome::Stopped)).collect()
            }
        });
        let outcomes = outcomes.collect();
        let mut written = sorted(attempts, outcomes, candidates);
        let mut is_in_order = true;
        // After the first attempt that was ended before it was done, what would come again is dropped: it comes in order
        // then, as if nothing had been ended.
        written.retain(|written| {
            is_in_order &= !written.stopped;
            is_in_order || self.is_unique(written)
        });
        Round { written, end }
    }

    /// Whether an attempt has a text that would not come again.
    fn is_unique(&self, written: &Written) -> bool {
        written.texts.iter().any(|text| !self.generators[text.generator].repeats_itself())
    }

    /// How one of these texts came about.
    pub(super) fn provenance(&self, written: &Written, text: &WrittenText) -> Provenance {
        let generator = &self.generators[text.generator];
        let max_new_tokens = Some(self.max_new_tokens);
        let decoding = generator.decoding().map(|decoding| Decoding {
            max_new_tokens,
            min_new_tokens: decoding.min_new_tokens.map(|least| least.min(self.max_new_tokens)),
            seed: Some(text.seed),
            ..decoding
        });
        Provenance {
            generator: generator.named(),
            prompt: text.candidate.sent.clone(),
            style: written.attempt.style.clone(),
            seed: text.seed,
            decoding,
            tokens: text.candidate.tokens,
            cost_micro_dollars: text.candidate.cost_micro_dollars,
            candidates: u32::try_from(written.texts.len()).unwrap_or(u32::MAX),
        }
    }
}

fn ask(attempt: &Attempt, seed: u64, max_new_tokens: usize) -> Ask {
    Ask {
        genre: attempt.spoken.clone(),
        prompt: attempt.prompt.clone(),
        style: attempt.style.clone(),
        input: attempt.input(),
        references: attempt.references.clone(),
        seed,
        max_new_tokens,
    }
}

/// The outcomes of every generator, by attempt.
fn sorted(attempts: Vec<Attempt>, outcomes: Vec<Vec<Outcome>>, candidates: u32) -> Vec<Written> {
    let empty = |attempt| Written { attempt, texts: Vec::new(), failures: Vec::new(), stopped: false };
    let mut written: Vec<Written> = attempts.into_iter().map(empty).collect();
    for (generator, outcomes) in outcomes.into_iter().enumerate() {
        for (place, outcome) in outcomes.into_iter().enumerate() {
            let Some(written) = written.get_mut(place / candidates as usize) else { continue };
            match outcome {
                Outcome::Text(candidate) => {
                    let seed = written.attempt.seed(generator, (place % candidates as usize) as u32);
                    written.texts.push(WrittenText { candidate, seed, generator });
                }
                Outcome::Failed(why) => written.failures.push(why),
                Outcome::Stopped => written.stopped = true,
            }
        }
    }
    written
}
